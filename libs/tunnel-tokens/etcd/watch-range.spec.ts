import { Duplex } from 'node:stream';
import { SLICE_STEPS } from '../work-slices';
import type { EtcdSession } from './etcd-session';
import { KeyRange } from './key-range';
import { watchRange } from './watch-range';

/** A watch of etcd's, whose answers the test gives. */
class FakeWatch extends Duplex {
  isCancelled = false;

  constructor() {
    super({
      objectMode: true,
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        done();
      },
    });
  }

  cancel(): void {
    this.isCancelled = true;
  }

  answer(revision: number, events: number): void {
    this.push({
      events: Array.from({ length: events }, () => ({ type: 'Put', kv: { mod_revision: String(revision) } })),
      header: { revision: String(revision) },
    });
  }
}

const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('watchRange', () => {
  let watch: FakeWatch;
  let ending: AbortController;
  let events: number;
  let revisions: number[];
  let watching: Promise<'compacted'>;

  beforeEach(async () => {
    watch = new FakeWatch();
    ending = new AbortController();
    events = 0;
    revisions = [];
    const session = { client: { watchClient: { watch: async () => watch } } } as unknown as EtcdSession;
    const handlers = {
      onReady: () => undefined,
      onEvent: () => {
        events += 1;
      },
      onRevision: (revision: number) => {
        revisions.push(revision);
      },
    };
    watching = watchRange(session, new KeyRange('/t/'), 1, handlers, ending.signal);
    watching.catch(() => undefined);
    await turn();
  });

  it('handles the events of a long answer a slice a turn, all of them before its revision and the next answer', async () => {
    watch.answer(7, 5 * SLICE_STEPS);
    watch.answer(8, 1);
    const seen: number[] = [];
    while (revisions.length < 2) {
      await turn();
      seen.push(events);
    }
    // Two slices may lie between two of our own turns, but no more.
    const most = Math.max(...seen.map((count, index) => count - (seen[index - 1] ?? 0)));
    expect(most).toBeLessThanOrEqual(2 * SLICE_STEPS + 2);
    expect([events, revisions]).toEqual([5 * SLICE_STEPS + 1, [7, 8]]);
  });

  it('takes in whole what it has begun once it is given up, and nothing more, before it is over', async () => {
    watch.answer(7, 3 * SLICE_STEPS);
    watch.answer(8, 1);
    await turn();
    expect(events).toBeLessThan(3 * SLICE_STEPS);
    ending.abort();
    await expect(watching).rejects.toThrow('the watch was given up');
    // Else the next watch would tell some of it again, older values after newer ones.
    expect([events, revisions, watch.isCancelled]).toEqual([3 * SLICE_STEPS, [7], true]);
    for (let turns = 0; turns < 10; turns += 1) await turn();
    expect([events, revisions]).toEqual([3 * SLICE_STEPS, [7]]);
  });
});
