import { type LinkPair, linkPair } from '../../../test/support/link-pair';
import { GatewayLedger } from '../ledger/gateway-ledger';
import type { SessionClaim } from '../ledger/session-ledger';
import { IpcLedger } from './ipc-ledger';
import { LedgerService } from './ledger-service';
import type { News, Questions } from './messages';
import { SharedFailedLogins } from './shared-failed-logins';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** A worker, its link to the primary in the same process. */
interface Worker {
  readonly pair: LinkPair<Questions, News>;
  readonly ledger: IpcLedger;
  readonly closed: number[];
}

describe('the ledger over the links of workers', () => {
  let runIds = 0;
  let service: LedgerService;
  let ledger: GatewayLedger;
  let one: Worker;
  let other: Worker;

  const newWorker = (member: number): Worker => {
    const pair = linkPair<Questions, News>();
    service.add(member, pair.primary);
    const worker: Worker = { pair, ledger: new IpcLedger(pair.worker), closed: [] };
    worker.ledger.onReplaced((session) => worker.closed.push(session));
    return worker;
  };

  beforeEach(() => {
    ledger = new GatewayLedger(
      () => 0,
      () => 0,
    );
    service = new LedgerService(ledger);
    one = newWorker(1);
    other = newWorker(2);
  });

  const login = (session: number, fields: Partial<SessionClaim> = {}): SessionClaim => ({
    session,
    tokenId: 'tt_1',
    limitKey: 'tt_1',
    user: '',
    clientId: '',
    runId: '',
    newRunId: `new-${String((runIds += 1))}`,
    privilegeKey: String(session),
    timestamp: 0,
    address: '192.0.2.1',
    maxClients: 10,
    ...fields,
  });
  const proxy = (name: string, maxConnections = 0) => ({
    tokenId: 'tt_1',
    limitKey: 'tt_1',
    name,
    ports: 1,
    maxPorts: 0,
    maxProxies: 10,
    maxConnections,
  });

  it('answers a login only when the session that it replaces is closed at the other worker', async () => {
    await one.ledger.admit(login(5, { runId: 'mine' }));
    await one.ledger.claimProxy(5, proxy('web'));
    const order: string[] = [];
    one.ledger.onReplaced((session) => {
      order.push(`closed ${String(session)}`);
      one.ledger.releaseProxy(session, 'web');
      one.ledger.leave(session);
    });
    await expect(other.ledger.admit(login(1, { runId: 'mine' }))).resolves.toEqual({ runId: 'mine' });
    order.push('admitted');
    expect(order).toEqual(['closed 5', 'admitted']);
    await expect(other.ledger.claimProxy(1, proxy('web'))).resolves.toBeUndefined();
  });

  it('lets a client in whose former worker is gone', async () => {
    await one.ledger.admit(login(5, { runId: 'mine' }));
    one.pair.close();
    await expect(other.ledger.admit(login(1, { runId: 'mine' }))).resolves.toEqual({ runId: 'mine' });
  });

  it('refuses at one worker what the other has, until that worker ends', async () => {
    await one.ledger.admit(login(1, { maxClients: 1 }));
    await expect(other.ledger.admit(login(1, { maxClients: 1 }))).resolves.toEqual({ refusal: 'clients' });
    service.drop(1);
    await expect(other.ledger.admit(login(1, { maxClients: 1 }))).resolves.toHaveProperty('runId');
    await expect(one.ledger.admit(login(2))).rejects.toThrow('the worker has ended');
  });

  it('gives a port to one worker, and to the other when it is released', async () => {
    const allowed = [{ start: 7001, end: 7001 }];
    const listen = (port: number): Promise<number> => Promise.resolve(port);
    await one.ledger.ports('tcp').take('a', 7001, allowed, listen);
    await expect(other.ledger.ports('tcp').take('b', 7001, allowed, listen)).rejects.toThrow('port already used');
    one.ledger.ports('tcp').release('a', 7001);
    await turns();
    await expect(other.ledger.ports('tcp').take('b', 7001, allowed, listen)).resolves.toMatchObject({ port: 7001 });
    other.ledger.ports('tcp').release('b', 7001);
    await turns();
    const busy = (): Promise<number> => Promise.reject(new Error('EADDRINUSE'));
    await expect(one.ledger.ports('tcp').take('a', 7001, allowed, busy)).rejects.toThrow('port unavailable');
    await turns();
    await expect(other.ledger.ports('tcp').take('b', 0, allowed, listen)).resolves.toMatchObject({ port: 7001 });
  });

  it('has what an operator blocks at one worker blocked at the other', async () => {
    one.ledger.block({ tokenId: 'tt_1' }, 60);
    await turns();
    await expect(other.ledger.admit(login(1))).resolves.toEqual({ refusal: 'blocked' });
  });

  it('never lets both workers together have more users than the token may', async () => {
    const max = 4;
    const users = [0, 0];
    const limits = [one, other].map(({ ledger: own }, index) =>
      own.limitConnections(
        'tt_1',
        () => users[index] ?? 0,
        () => max,
      ),
    );
    const enter = (index: 0 | 1): boolean => {
      const limit = limits[index];
      const used = users[index] ?? 0;
      if (limit === undefined || used >= limit.of(max)) {
        limit?.refused();
        return false;
      }
      users[index] = used + 1;
      return true;
    };
    expect(enter(0)).toBe(false);
    await one.ledger.admit(login(1));
    await one.ledger.claimProxy(1, proxy('a', max));
    expect([enter(0), enter(0)]).toEqual([true, true]);
    await other.ledger.admit(login(1));
    await other.ledger.claimProxy(1, proxy('b', max));
    expect([enter(1), enter(1), enter(0)]).toEqual([true, false, true]);
    users[0] = 0;
    for (let look = 1; look <= 6; look += 1) {
      for (const { ledger: own } of [one, other]) own.tick(look * 1_000);
      await turns();
      await service.settled();
      while (enter(1)) expect(users.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(max);
      await turns();
    }
    expect(users).toEqual([0, 4]);
  });

  it('counts a failed login at every worker, and once at each', async () => {
    const limits = { perAddress: 2, inTotal: 100 };
    const [mine, theirs] = [one, other].map(({ pair }) => new SharedFailedLogins(pair.worker, limits, () => 0));
    const fail = (logins: SharedFailedLogins | undefined): void => {
      logins?.beginTry('192.0.2.1');
      logins?.endTry('192.0.2.1', true);
    };
    fail(mine);
    await turns();
    expect([mine, theirs].map((each) => each?.isBlocked('192.0.2.1'))).toEqual([false, false]);
    fail(theirs);
    await turns();
    expect([mine, theirs].map((each) => each?.isBlocked('192.0.2.1'))).toEqual([true, true]);
  });
});
