import type { MemoryCounterStore } from '@tollgate/limiter';
import type { ApiLink } from './api-link';
import { decodeTakes, decodeUnused, encodeOutcome } from './take-message';

/** Lets a worker count here, through its {@link IpcCounterStore}. */
export function serveCounters(link: ApiLink, store: MemoryCounterStore): void {
  link.answer('take', (message) => {
    const answer: number[] = [];
    for (const demands of decodeTakes(message)) encodeOutcome(store.takeNow(demands), answer);
    return answer;
  });
  link.answer('give-back', async (unused) => {
    await store.giveBack(unused.map(decodeUnused));
    return null;
  });
}
