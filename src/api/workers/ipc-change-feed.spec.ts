import { type Change, ChangeFeed } from '@tollgate/domain';
import { linkPair } from '../../../test/support/link-pair';
import { IpcChangeFeed } from './ipc-change-feed';
import { HEARD_CHANGE_MS } from './limits';
import type { News, Questions } from './messages';

class StoreFeed extends ChangeFeed {
  told: (change: Change) => void = () => undefined;

  constructor(override readonly latencyMs: number | undefined) {
    super();
  }

  override subscribe(listener: (change: Change) => void): () => void {
    this.told = listener;
    return () => undefined;
  }
}

const account = (accountId: string): Change => ({ kind: 'account', accountId });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('IpcChangeFeed', () => {
  let nowMs = 0;
  const setUp = ({ latencyMs }: { latencyMs: number | undefined } = { latencyMs: 100 }) => {
    const { worker, primary } = linkPair<Questions, News>();
    const store = new StoreFeed(latencyMs);
    const faults: unknown[] = [];
    const feed = new IpcChangeFeed(
      worker,
      store,
      (error) => faults.push(error),
      () => nowMs,
    );
    const told: Change[] = [];
    const sent: (readonly Change[])[] = [];
    feed.subscribe((change) => told.push(change));
    primary.listen('changes', (changes) => sent.push(changes));
    return { primary, store, feed, told, sent, faults };
  };

  it('tells what the store tells at once, and the primary in one message', async () => {
    const { store, told, sent } = setUp();
    store.told(account('a'));
    store.told(account('b'));
    expect(told).toEqual([account('a'), account('b')]);
    await turn();
    expect(sent).toEqual([[account('a'), account('b')]]);
  });

  it('tells what other workers changed, and does not send it back, not even when the store tells it later', async () => {
    const { primary, store, told, sent } = setUp();
    await primary.tell('changes', [account('a')]);
    expect(told).toEqual([account('a')]);
    store.told(account('a'));
    expect(told).toEqual([account('a'), account('a')]);
    await turn();
    expect(sent).toEqual([]);
  });

  it('sends a change of the same thing that the store tells after its news of the first, or much later', async () => {
    const { primary, store, sent } = setUp();
    await primary.tell('changes', [account('a'), account('b')]);
    store.told(account('a'));
    store.told(account('a'));
    nowMs += HEARD_CHANGE_MS;
    store.told(account('b'));
    await turn();
    expect(sent).toEqual([[account('a'), account('b')]]);
  });

  it('sends every own change where the store tells of no others', async () => {
    const { primary, store, sent } = setUp({ latencyMs: undefined });
    await primary.tell('changes', [account('a')]);
    store.told(account('a'));
    await turn();
    expect(sent).toEqual([[account('a')]]);
  });

  it('keeps to itself that this process may have missed something', async () => {
    const { store, told, sent } = setUp();
    store.told({ kind: 'all' });
    await turn();
    expect(told).toEqual([{ kind: 'all' }]);
    expect(sent).toEqual([]);
  });

  it('tells the others although one subscriber throws', async () => {
    const { feed, store, told, faults } = setUp();
    const broken = new Error('broken');
    const end = feed.subscribe(() => {
      throw broken;
    });
    store.told(account('a'));
    end();
    store.told(account('b'));
    await turn();
    expect(told).toEqual([account('a'), account('b')]);
    expect(faults).toEqual([broken]);
  });
});
