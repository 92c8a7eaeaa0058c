import { limitKeyOf } from './limit-key';
import { readTunnelToken } from './parse-tunnel-token';
import { derivedTunnelTokenId, type TunnelToken } from './tunnel-token';

const ROOT = 'tt_0000000000000000000001';
const OTHER = 'tt_0000000000000000000002';
const OWN = 'tt_0000000000000000000003';

function read(fields: object): TunnelToken {
  const parsed = readTunnelToken('value', { token: 'value', region: 'eu', enabled: true, ...fields });
  if (parsed.kind !== 'token') throw new Error(parsed.reason);
  return parsed.token;
}

describe('limitKeyOf', () => {
  it.each([
    ['its own id, where it replaces none', { id: OWN }, OWN],
    ['the derived id, where it is written by hand', {}, derivedTunnelTokenId('value')],
    ['the root of its rotations', { id: OWN, supersedes: OTHER, rootId: ROOT }, ROOT],
    ['the token that it replaced, where no root is written', { id: OWN, supersedes: OTHER }, OTHER],
    ['its own id, where its predecessor is no id', { id: OWN, supersedes: 'the old one' }, OWN],
    ['its own id, where it names itself', { id: OWN, supersedes: OWN, rootId: OWN }, OWN],
    ['the root, where tokens name each other in a circle', { id: OWN, supersedes: OTHER, supersededBy: OTHER }, OTHER],
  ])('is %s', (_what, fields, key) => {
    expect(limitKeyOf(read(fields))).toBe(key);
  });

  it.each([[7], ['x'], [null], [{}]])(
    'passes over the root %j, which is no id, and reads the token all the same',
    (rootId) => {
      expect(limitKeyOf(read({ id: OWN, supersedes: OTHER, rootId }))).toBe(OTHER);
    },
  );
});
