import { ProxyHarness, arrived, tunnelToken } from '../../../test/support/proxy-harness';
import { ClientSession } from './client-session';
import { SessionBook } from './session-book';

const TOKEN = tunnelToken();

/** A session that differs from others in what it is looked for by. */
function session(runId: string, clientId = '', user = 'u', token = TOKEN): ClientSession {
  const { identity } = new ProxyHarness().session;
  const login = arrived<'login'>({ type: 'login', clientId, user });
  const made: { identity: ClientSession['identity'] } = { identity: { ...identity, runId, login, token } };
  return made as ClientSession;
}

describe('SessionBook', () => {
  let book: SessionBook;
  beforeEach(() => {
    book = new SessionBook();
  });

  it('finds a session by its run id, its token and its name, and not once it is gone', () => {
    const one = session('run-1', 'box');
    const two = session('run-2');
    book.add(one);
    book.add(two);
    expect([book.count, book.countOf(TOKEN)]).toEqual([2, 2]);
    expect(book.findByRunId('run-1')).toBe(one);
    expect(book.listByToken(TOKEN.token)).toEqual([one, two]);
    expect(book.findNamesake(TOKEN, 'u', 'box')).toBe(one);
    book.delete(one);
    expect(book.findByRunId('run-1')).toBeUndefined();
    expect(book.findNamesake(TOKEN, 'u', 'box')).toBeUndefined();
    expect(book.listByToken(TOKEN.token)).toEqual([two]);
    book.delete(two);
    expect([book.count, book.countOf(TOKEN), [...book.list()]]).toEqual([0, 0, []]);
  });

  it('keeps the later of two logins that the earlier one gives its place to, when that goes', () => {
    const earlier = session('run-1', 'box');
    const later = session('run-1', 'box');
    book.add(earlier);
    book.add(later);
    book.delete(earlier);
    expect(book.findByRunId('run-1')).toBe(later);
    expect(book.findNamesake(TOKEN, 'u', 'box')).toBe(later);
    expect(book.listByToken(TOKEN.token)).toEqual([later]);
  });

  it('counts the clients of a token and of what it was rotated to together', () => {
    const fresh = tunnelToken({ id: 'tt_0000000000000000000002', supersedes: TOKEN.id, rootId: TOKEN.id }, 'fresh');
    const [old, young] = [session('run-1'), session('run-2', '', 'u', fresh)];
    book.add(old);
    book.add(young);
    expect([book.countOf(TOKEN), book.countOf(fresh)]).toEqual([2, 2]);
    book.delete(old);
    book.delete(old);
    expect([book.countOf(TOKEN), book.countOf(fresh)]).toEqual([1, 1]);
    book.delete(young);
    expect(book.countOf(TOKEN)).toBe(0);
  });

  it('knows no namesake of a client without a name, of another user, or of another tenant', () => {
    book.add(session('run-1'));
    book.add(session('run-2', 'box'));
    const other = tunnelToken({}, 'other-token');
    expect(book.findNamesake(TOKEN, 'u', '')).toBeUndefined();
    expect(book.findNamesake(TOKEN, 'v', 'box')).toBeUndefined();
    expect(other.id).not.toBe(TOKEN.id);
    expect(book.findNamesake(other, 'u', 'box')).toBeUndefined();
  });

  it('lists the sessions of a token as they were when asked, for a caller that ends them', () => {
    book.add(session('run-1'));
    book.add(session('run-2'));
    const listed = book.listByToken(TOKEN.token);
    for (const each of listed) book.delete(each);
    expect(listed).toHaveLength(2);
  });
});
