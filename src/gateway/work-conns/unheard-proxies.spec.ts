import { UnheardProxies } from './unheard-proxies';
import type { WorkWaiter } from './work-pool';

const GRACE_MS = 100;
const MAX_WAITERS = 3;

describe('UnheardProxies', () => {
  let tasks: { readonly delayMs: number; readonly task: () => void }[];
  let taken: WorkWaiter[];
  let withdrawn: number;
  let proxies: UnheardProxies;

  beforeEach(() => {
    tasks = [];
    taken = [];
    withdrawn = 0;
    proxies = new UnheardProxies({
      maxWaiters: MAX_WAITERS,
      take: (waiter) => {
        taken.push(waiter);
        return () => {
          withdrawn += 1;
        };
      },
      schedule: (delayMs, task) => {
        tasks.push({ delayMs, task });
      },
    });
  });

  const user = () => ({ serve: jest.fn(), fail: jest.fn() });
  const pass = (): void => {
    for (const { task } of tasks.splice(0)) task();
  };

  it('has users of a proxy wait until its client was told of it, and a moment longer', () => {
    const early = user();
    const answered = proxies.begin('web');
    proxies.take('web', early);
    expect(taken).toEqual([]);
    answered();
    expect([taken, tasks.map(({ delayMs }) => delayMs)]).toEqual([[], [GRACE_MS]]);
    pass();
    expect(taken).toEqual([early]);
    proxies.take('web', user());
    expect(taken).toHaveLength(2);
  });

  it('holds nobody up who comes to another proxy', () => {
    proxies.begin('web');
    const other = user();
    proxies.take('ssh', other);
    expect(taken).toEqual([other]);
  });

  it('takes the wish back of a user who waits, and of one who has waited', () => {
    const answered = proxies.begin('web');
    const withdrawFirst = proxies.take('web', user());
    const stays = user();
    const withdrawSecond = proxies.take('web', stays);
    withdrawFirst();
    answered();
    pass();
    expect([taken, withdrawn]).toEqual([[stays], 0]);
    withdrawSecond();
    expect(withdrawn).toBe(1);
  });

  it('waits for the last of two registrations of a name', () => {
    const first = proxies.begin('web');
    proxies.take('web', user());
    first();
    const second = proxies.begin('web');
    pass();
    expect(taken).toEqual([]);
    second();
    pass();
    expect(taken).toHaveLength(1);
  });

  it('lets so many wait at a time, and refuses one more until another has gone', () => {
    proxies.begin('web');
    proxies.begin('ssh');
    const withdraws = ['web', 'ssh', 'web'].map((name) => proxies.take(name, user()));
    const refused = user();
    proxies.take('ssh', refused);
    expect(refused.fail).toHaveBeenCalledWith('too-many');
    withdraws[0]?.();
    const next = user();
    proxies.take('ssh', next);
    expect(next.fail).not.toHaveBeenCalled();
  });

  it('sends all of them on when the client is gone, and forgets its registrations', () => {
    const answered = proxies.begin('web');
    const early = user();
    proxies.take('web', early);
    proxies.close();
    expect(taken).toEqual([early]);
    answered();
    pass();
    proxies.take('web', user());
    expect(taken).toHaveLength(2);
  });
});
