import type { MessageOf } from '@tollgate/frp-wire';
import { ProxyHarness, arrived, tunnelToken } from '../../../test/support/proxy-harness';
import { AdmissionRules } from './admission-rules';
import { Blocks } from './blocks';
import type { ClientSession } from './client-session';
import { SessionBook } from './session-book';
import { UsedLogins } from './used-logins';

const TOKEN = tunnelToken({ maxClients: 2 });
const OTHER = tunnelToken({ id: 'tt_0000000000000000000002' }, 'other');
/** Where clients of the harness come from. */
const ADDRESS = new ProxyHarness().session.identity.connection.peer.address;
const MANY = 1_000;

function login(runId: string, clientId = ''): MessageOf<'login'> {
  return arrived<'login'>({ type: 'login', runId, clientId, user: 'u' });
}

function session(runId: string, token = TOKEN, clientId = ''): ClientSession {
  const { identity } = new ProxyHarness().session;
  const made: { identity: ClientSession['identity'] } = {
    identity: { ...identity, runId, login: login(runId, clientId), token },
  };
  return made as ClientSession;
}

describe('AdmissionRules', () => {
  let book: SessionBook;
  let blocks: Blocks;
  let rules: AdmissionRules;
  let fresh: string[];
  beforeEach(() => {
    book = new SessionBook();
    blocks = new Blocks(() => 0);
    fresh = ['new-1', 'new-2'];
    rules = new AdmissionRules(book, blocks, new UsedLogins(), () => fresh.shift() ?? '');
  });

  const refusal = (of: MessageOf<'login'>, former?: ClientSession, max = MANY): string | undefined =>
    rules.findRefusal(of, TOKEN, former, ADDRESS, max)?.[0];

  it('lets a client take its own place, and nobody that of another tenant', () => {
    const one = session('run-1');
    book.add(one);
    expect(rules.findReplaced(login('run-1'), TOKEN)).toBe(one);
    expect(rules.findReplaced(login('run-1'), OTHER)).toBeUndefined();
    expect(rules.findReplaced(login(''), TOKEN)).toBeUndefined();
    expect(rules.runIdFor(login('run-1'), TOKEN, one)).toBe('run-1');
    expect(rules.runIdFor(login('run-1'), OTHER, undefined)).toBe('new-1');
  });

  it('takes the run id that a client brings up to 64 characters, and makes none that is taken', () => {
    expect(rules.runIdFor(login('x'.repeat(64)), TOKEN, undefined)).toBe('x'.repeat(64));
    expect(rules.runIdFor(login('x'.repeat(65)), TOKEN, undefined)).toBe('new-1');
    fresh = ['run-1', 'new-3'];
    book.add(session('run-1'));
    expect(rules.runIdFor(login(''), TOKEN, undefined)).toBe('new-3');
  });

  it('refuses clients beyond those that a token may have, but not one that takes the place of another', () => {
    book.add(session('run-1'));
    expect(refusal(login('run-3'))).toBeUndefined();
    expect(refusal(login('run-3'), undefined, 1)).toBe('clients');
    const two = session('run-2');
    book.add(two);
    expect([refusal(login('run-3')), refusal(login('run-2'), two)]).toEqual(['clients', undefined]);
  });

  it('refuses a second client of one name', () => {
    const one = session('run-1', TOKEN, 'box');
    book.add(one);
    expect([refusal(login('', 'box')), refusal(login('run-1', 'box'), one)]).toEqual(['client-id', undefined]);
  });

  it('refuses a login of before that comes from elsewhere to take the place of a client', () => {
    const one = session('run-1');
    book.add(one);
    expect(rules.findRefusal(login('run-1'), TOKEN, one, '192.0.2.1', MANY)?.[0]).toBe('replayed');
  });

  it('refuses who was sent away: one client, or all of a token', () => {
    blocks.block({ tokenId: TOKEN.id, runId: 'run-1' }, 10);
    expect([refusal(login('run-1')), refusal(login('run-2'))]).toEqual(['blocked', undefined]);
    blocks.block({ tokenId: TOKEN.id }, 10);
    expect(refusal(login('run-2'))).toBe('blocked');
  });
});
