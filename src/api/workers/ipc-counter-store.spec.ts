import { MAX_TAKES_IN_BATCH, MAX_TAKES_WAITING, MemoryCounterStore, type Subject } from '@tollgate/limiter';
import { FakeClock, counterStoreContract } from '@tollgate/testing';
import { linkPair } from '../../../test/support/link-pair';
import { serveCounters } from './counter-service';
import { IpcCounterStore } from './ipc-counter-store';
import { TAKE_ANSWER_MS } from './limits';
import type { News, Questions } from './messages';

counterStoreContract(
  'in the primary',
  () => {
    const clock = new FakeClock();
    const { worker, primary } = linkPair<Questions, News>();
    serveCounters(primary, new MemoryCounterStore(clock));
    return Promise.resolve({ store: new IpcCounterStore(worker), clock, teardown: () => Promise.resolve() });
  },
  { histories: 60 },
);

describe('IpcCounterStore', () => {
  const subject: Subject = { layer: 'token', key: 't:1', group: 'a', limits: [0, 0, 1_000_000] };
  const one = [{ subject, need: 1, extra: 0 }];

  it('sends what is asked in one turn of the event loop in one message, and a subject once', async () => {
    const { worker, primary } = linkPair<Questions, News>();
    const messages: unknown[] = [];
    primary.answer('take', (message) => {
      messages.push(message);
      return [1_000, -1, 0, 1, 2, 5, 7, 1_001, 0, 3, 0, 2, 0, 9];
    });
    const store = new IpcCounterStore(worker);
    const outcomes = await Promise.all([store.take(one), store.take(one)]);
    expect(messages).toEqual([{ subjects: ['t:1', 0, 0, 1_000_000], takes: [1, 0, 1, 0, 1, 0, 1, 0] }]);
    expect(outcomes).toEqual([
      {
        nowMs: 1_000,
        refusedBy: -1,
        retryAtMs: 1_000,
        states: [{ granted: 1, window: 2, limit: 1_000_000, remaining: 5, roomAtMs: 1_007 }],
      },
      {
        nowMs: 1_001,
        refusedBy: 0,
        retryAtMs: 1_004,
        states: [{ granted: 0, window: 2, limit: 1_000_000, remaining: 0, roomAtMs: 1_010 }],
      },
    ]);
  });

  it('answers more takes than one message holds, each with its own outcome', async () => {
    const { worker, primary } = linkPair<Questions, News>();
    serveCounters(primary, new MemoryCounterStore(new FakeClock()));
    const store = new IpcCounterStore(worker);
    const takes = MAX_TAKES_IN_BATCH + 1;
    const outcomes = await Promise.all(Array.from({ length: takes }, () => store.take(one)));
    expect(outcomes.map(({ states }) => states[0]?.remaining)).toEqual(
      Array.from({ length: takes }, (_, index) => 999_999 - index),
    );
  });

  it('refuses further takes at once while too many wait, and takes them again when those have ended', async () => {
    const { worker, primary } = linkPair<Questions, News>();
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const counters = new IpcCounterStore(worker);
    const memory = new MemoryCounterStore(new FakeClock());
    serveCounters(primary, memory);
    const { worker: asked, primary: slow } = linkPair<Questions, News>();
    slow.answer('take', async (message) => {
      await answered;
      return worker.ask('take', message, TAKE_ANSWER_MS);
    });
    const store = new IpcCounterStore(asked);
    const waiting = Array.from({ length: MAX_TAKES_WAITING }, () => store.take(one));
    await expect(store.take(one)).rejects.toThrow('too many takes wait');
    answer();
    await Promise.all(waiting);
    expect((await store.take(one)).refusedBy).toBe(-1);
    expect((await counters.take(one)).states[0]?.remaining).toBe(1_000_000 - MAX_TAKES_WAITING - 2);
  });

  it('fails what waits when the primary is gone', async () => {
    const { worker, primary, close } = linkPair<Questions, News>();
    primary.answer('take', () => new Promise(() => undefined));
    const store = new IpcCounterStore(worker);
    const waiting = store.take(one);
    setImmediate(close);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_IPC_CHANNEL_CLOSED' });
    await expect(store.giveBack([{ subject, units: 1, grantedAtMs: 0 }])).rejects.toThrow();
  });
});
