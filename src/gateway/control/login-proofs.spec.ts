import { loginKey } from '@tollgate/frp-wire';
import { arrived, tunnelToken } from '../../../test/support/proxy-harness';
import { provesToken } from './login-proofs';

describe('provesToken', () => {
  const token = tunnelToken();
  const timestamp = 1_700_000_000;

  it.each([
    ['that of the token at its time', loginKey(token.token, timestamp), timestamp, true],
    ['that of another time', loginKey(token.token, timestamp), timestamp + 1, false],
    ['that of another token', loginKey('other', timestamp), timestamp, false],
    ['none', '', timestamp, false],
  ])('by a key that is %s', (_what, privilegeKey, at, expected) => {
    expect(provesToken(arrived<'ping'>({ type: 'ping', privilegeKey, timestamp: at }), token)).toBe(expected);
  });
});
