import type { QuotaLevel } from './month-totals';

/** Number of a subject in its journal, bytes in, bytes out. */
export type CountEntry = readonly [number, number, number];

/**
 * What the outbox's file is made of. Each is whole by itself; together, in their order, they are the state.
 *
 * - `subject`: gives a number to a token and proxy, with what of it is not in a report yet
 * - `count`: what passed, `c` to be reported and `u` not; both go into the month
 * - `report`: moves what waits of a subject into a report, a new one or one that was not sent yet
 * - `done`: a report needs nothing any more: it was counted, or is `parked`; `elsewhere` is what is known of others since
 * - `month`: a token's total, in place of what was known
 * - `level`: what was said of a token's month
 */
export type OutboxRecord =
  | {
      readonly t: 'subject';
      readonly n: number;
      readonly id: string;
      /** What its month is counted by; absent: its id. */
      readonly root?: string;
      readonly token: string;
      readonly region: string;
      readonly proxy: string;
      readonly in: number;
      readonly out: number;
      /** Unix seconds of its last count. */
      readonly at: number;
    }
  | { readonly t: 'count'; readonly at: number; readonly c?: readonly CountEntry[]; readonly u?: readonly CountEntry[] }
  | {
      readonly t: 'report';
      readonly n: number;
      readonly key: string;
      readonly in: number;
      readonly out: number;
      /** Unix seconds. */
      readonly at: number;
    }
  | {
      readonly t: 'done';
      readonly key: string;
      readonly parked?: true;
      readonly month?: number;
      readonly elsewhere?: number;
    }
  | {
      readonly t: 'month';
      /** See `limitKeyOf`; of a token that was never rotated: its id. */
      readonly id: string;
      readonly month: number;
      readonly bytes: number;
      readonly level: QuotaLevel;
      /** Absent in the files of earlier versions: all of it. */
      readonly acknowledged?: number;
      readonly elsewhere?: number;
    }
  | { readonly t: 'level'; readonly id: string; readonly month: number; readonly level: QuotaLevel };
