import type { Account } from './account';
import type { AuditRecord } from './audit-record';
import type { Token } from './token';

/** Granted uses of one token on one day, as another installation counted them. */
export interface DailyUsage {
  /** UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly requests: number;
}

/** What became of one imported record. */
export type ImportOutcome =
  | { readonly kind: 'inserted' }
  /** The same record is there already; nothing was touched. */
  | { readonly kind: 'exists' }
  /** Another record holds one of its unique fields; nothing was touched. */
  | { readonly kind: 'conflict'; readonly field: string };

/** Takes over records of another installation. Idempotent: the same record twice is one record. */
export abstract class ImportRepository {
  abstract importAccount(account: Account): Promise<ImportOutcome>;

  /** Inserts the token with its totals and `usage` (result `valid`) in one step. */
  abstract importToken(token: Token, usage: readonly DailyUsage[]): Promise<ImportOutcome>;

  abstract importAuditRecord(record: AuditRecord): Promise<ImportOutcome>;
}
