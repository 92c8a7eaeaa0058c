import type { Readable } from 'node:stream';
import type { IEvent, IWatchResponse } from 'etcd3';
import { WorkSlices } from '../work-slices';
import type { EtcdSession } from './etcd-session';
import type { KeyRange } from './key-range';

/** What a watch tells. */
export interface WatchHandlers {
  /** Every later change will be told. */
  onReady(): void;
  onEvent(event: IEvent): void;
  /** All changes up to this revision have been told. */
  onRevision(revision: number): void;
}

/**
 * Watches a range until that ends.
 * @param fromRevision the first whose changes are told
 * @param signal ends it; the promise then rejects
 * @returns `compacted` when the changes from `fromRevision` on are no longer there
 * @throws Error when the connection or the server fails
 */
export async function watchRange(
  session: EtcdSession,
  range: KeyRange,
  fromRevision: number,
  handlers: WatchHandlers,
  signal: AbortSignal,
): Promise<'compacted'> {
  const stream = await session.client.watchClient.watch();
  // A stream of Node's, of which etcd3 tells half.
  const flow = stream as unknown as Pick<Readable, 'pause' | 'resume'>;
  let reading = Promise.resolve();
  try {
    signal.throwIfAborted();
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('the watch was given up'));
      });
      stream.on('error', reject);
      stream.on('end', () => {
        reject(new Error('etcd ended the watch'));
      });
      const read = async (response: IWatchResponse): Promise<void> => {
        if (response.canceled) {
          if (Number(response.compact_revision) > 0) resolve('compacted');
          else reject(new Error(`etcd ended the watch: ${response.cancel_reason}`));
        } else if (response.created) handlers.onReady();
        else await takeEvents(response, handlers);
      };
      const unread: IWatchResponse[] = [];
      let isReading = false;
      const readOn = async (): Promise<void> => {
        isReading = true;
        for (let next = unread.shift(); next !== undefined && !signal.aborted; next = unread.shift()) {
          await read(next);
        }
        isReading = false;
        flow.resume();
      };
      stream.on('data', (response: IWatchResponse) => {
        unread.push(response);
        if (isReading) flow.pause();
        else reading = readOn().catch(reject);
      });
      stream.write({
        create_request: {
          key: range.start,
          range_end: range.end,
          start_revision: fromRevision,
          progress_notify: true,
          fragment: true,
        },
      });
    });
  } finally {
    // Cancelling makes it fail once more.
    stream.on('error', () => undefined);
    stream.cancel();
    // What was begun is taken in whole: the next watch begins behind it, or before it.
    await reading;
  }
}

/** A response may tell of thousands of changes, so that others have their turn in between; of a few it takes all at once. */
async function takeEvents({ events, fragment, header }: IWatchResponse, handlers: WatchHandlers): Promise<void> {
  const slices = new WorkSlices();
  for (const event of events) {
    if (slices.isOver()) await slices.rest();
    handlers.onEvent(event);
  }
  const last = events.at(-1);
  // Of a revision that comes in pieces, the others are still to come.
  if (!fragment) handlers.onRevision(Number(last === undefined ? header.revision : last.kv.mod_revision));
}
