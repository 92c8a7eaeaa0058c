import type { Page, PageRequest } from './page';
import type { UsageResult } from './usage';

/** An account's wish that each validation of its tokens be written down. Absent: none is. */
export interface ValidationLogSetting {
  /** How long a record is kept, in milliseconds. */
  readonly retentionMs: number;
}

/** One validation of a token, in full. */
export interface ValidationRecord {
  /** Unique; writing the same id twice leaves one record. */
  readonly id: string;
  readonly accountId: string;
  readonly tokenId: string;
  readonly at: Date;
  readonly result: UsageResult;
  /** The scopes that were asked for; may be empty. */
  readonly scopes: readonly string[];
  readonly ip: string;
  readonly userAgent: string;
  /** When the record itself goes away. */
  readonly purgeAt: Date;
}

export interface ValidationFilter {
  readonly result?: UsageResult;
  /** From this instant on. */
  readonly from?: Date;
  /** Up to and without this instant. */
  readonly to?: Date;
}

/** Where validations are written down for the accounts that want it. */
export abstract class ValidationLogRepository {
  /** All in one write; of records whose id is known already, the first stays. */
  abstract append(records: readonly ValidationRecord[]): Promise<void>;

  /** Newest first, ties by id. */
  abstract list(
    accountId: string,
    tokenId: string,
    filter: ValidationFilter,
    page: PageRequest,
  ): Promise<Page<ValidationRecord>>;

  /** Removes up to `limit` records whose `purgeAt` has come; returns how many went. */
  abstract purge(now: Date, limit: number): Promise<number>;
}
