import type { AccountStatus, RateLimit } from '@tollgate/domain';

/** What the original service keeps, in the order in which it is taken over: what others refer to comes first. */
export const ORIGINAL_COLLECTIONS = ['accounts', 'tokens', 'audit_logs'] as const;
export type OriginalCollection = (typeof ORIGINAL_COLLECTIONS)[number];

/** An account of the original, its SecretKey in plaintext. */
export interface OriginalAccount {
  readonly id: string;
  /** Lower-cased. */
  readonly email?: string;
  readonly company: string;
  /** bcrypt. */
  readonly passwordHash?: string;
  readonly keys?: { readonly accessKey: string; readonly secretKey: string };
  readonly status: AccountStatus;
  readonly qiniuUid?: number;
  readonly rateLimit?: RateLimit;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A token of the original, its value in plaintext. */
export interface OriginalToken {
  readonly id: string;
  readonly accountId: string;
  readonly value: string;
  readonly description: string;
  readonly scopes: readonly string[];
  readonly rateLimit?: RateLimit;
  readonly iuid?: string;
  readonly iamAlias?: string;
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt?: Date;
  readonly totalRequests: number;
  readonly lastUsedAt?: Date;
}

/** An audit record of the original; its request data may hold secrets. */
export interface OriginalAuditRecord {
  readonly id: string;
  readonly accountId: string;
  readonly action: string;
  readonly resourceId: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestData?: unknown;
  readonly result: 'success' | 'failure';
  readonly errorMessage?: string;
  readonly timestamp: Date;
}

export interface OriginalRows {
  readonly accounts: OriginalAccount;
  readonly tokens: OriginalToken;
  readonly audit_logs: OriginalAuditRecord;
}

/** Why a record was not taken over. Never holds the value that was wrong. */
export interface OriginalProblem {
  readonly collection: OriginalCollection;
  /** The record's own `_id` as text. */
  readonly id: string;
  readonly field: string;
  readonly reason: string;
}

/** One record as read, or what is wrong with it. */
export type OriginalEntry<Row> = {
  /** Where reading goes on after this entry; opaque. */
  readonly cursor: string;
  /** The record's own `_id` as text. */
  readonly id: string;
} & (
  { readonly row: Row; readonly problem?: undefined } | { readonly problem: OriginalProblem; readonly row?: undefined }
);

/** The original's records, in an order that stays the same from one reading to the next. */
export abstract class OriginalSource {
  /** @param after the cursor of the last entry that was dealt with; from the start without one */
  abstract read<C extends OriginalCollection>(
    collection: C,
    after?: string,
  ): AsyncIterable<OriginalEntry<OriginalRows[C]>>;

  /** About how many records there are, for a progress display. */
  abstract estimateCount(collection: OriginalCollection): Promise<number>;

  abstract close(): Promise<void>;
}
