import type { AccountStatus, DailyUsage, ImportOutcome } from '@tollgate/domain';
import type { AccountRow } from '../rows/account-row';
import type { AuditRow } from '../rows/audit-row';
import type { TokenRow } from '../rows/token-row';
import type { UsageEntries } from '../rows/usage-entries';
import type { ValidationRow } from '../rows/validation-row';
import type { GatewayBoardWriteVerbs } from './gateway-board-command';
import type { TrafficWriteVerbs } from './traffic-command';
import type { TunnelTokenWriteVerbs } from './tunnel-token-command';
import type { UploadWriteVerbs } from './upload-command';

/** A change of one account and the record of it. */
interface AccountChange {
  readonly accountId: string;
  readonly atMs: number;
  readonly audit: AuditRow;
}

/** What changes of a token; `null` stays as it is. */
export interface TokenChange {
  readonly accountId: string;
  readonly tokenId: string;
  readonly description: string | null;
  readonly scopes: string | null;
  /** 1 when `rateLimit`, be it `null`, takes the place of what is there; else 0. */
  readonly setsRateLimit: number;
  readonly rateLimit: string | null;
  readonly atMs: number;
}

/**
 * Every write the store knows: what it takes and what it answers. Only plain values and byte arrays of their own, so
 * that all of it can cross to the writer thread. `null` stands for "nothing there".
 */
export interface WriteVerbs extends UploadWriteVerbs, TunnelTokenWriteVerbs, TrafficWriteVerbs, GatewayBoardWriteVerbs {
  'account.insert': { input: { account: AccountRow; audit: AuditRow }; result: null };
  'account.replaceSecret': {
    input: AccountChange & { keyId: string; envelope: string; secretHash: string };
    result: AccountRow | null;
  };
  'account.setStatus': { input: AccountChange & { status: AccountStatus }; result: AccountRow | null };
  'account.setRateLimit': { input: AccountChange & { rateLimit: string | null }; result: AccountRow | null };
  'account.setValidationLog': { input: AccountChange & { retentionMs: number | null }; result: AccountRow | null };
  'account.upsertFromDirectory': { input: { account: AccountRow }; result: null };
  'account.reseal': {
    input: {
      accountId: string;
      fromKeyId: string;
      fromEnvelope: string;
      toKeyId: string;
      toEnvelope: string;
    };
    result: boolean;
  };
  'token.insert': { input: { token: TokenRow; audit: AuditRow }; result: null };
  'token.setActive': {
    input: { accountId: string; tokenId: string; isActive: number; atMs: number; audit: AuditRow };
    result: TokenRow | null;
  };
  'token.update': { input: { change: TokenChange; audit: AuditRow }; result: TokenRow | null };
  'token.delete': { input: { accountId: string; tokenId: string; audit: AuditRow }; result: boolean };
  'token.recordUsage': { input: { batchId: string; atMs: number; entries: UsageEntries }; result: null };
  'token.foldUsage': { input: { beforeHour: number; limit: number }; result: number };
  'token.purge': { input: { nowMs: number; limit: number }; result: number };
  'audit.append': { input: { record: AuditRow }; result: null };
  'audit.purge': { input: { beforeMs: number; limit: number }; result: number };
  'replay.claim': { input: { key: Uint8Array; nowMs: number; expiresAtMs: number }; result: boolean };
  'replay.release': { input: { key: Uint8Array }; result: null };
  'replay.purge': { input: { nowMs: number; limit: number }; result: number };
  'validationLog.append': { input: { records: readonly ValidationRow[] }; result: null };
  'validationLog.purge': { input: { nowMs: number; limit: number }; result: number };
  'import.account': { input: { account: AccountRow }; result: ImportOutcome };
  'import.token': { input: { token: TokenRow; usage: readonly DailyUsage[] }; result: ImportOutcome };
  'import.auditRecord': { input: { record: AuditRow }; result: ImportOutcome };
  /** Takes the write lock and gives it back: proof that writes are possible. */
  ping: { input: null; result: null };
}

export type WriteVerb = keyof WriteVerbs;

/** One write as it waits for the writer, tagged by its verb. */
export type WriteCommand<V extends WriteVerb = WriteVerb> = {
  readonly [K in V]: { readonly verb: K; readonly input: WriteVerbs[K]['input'] };
}[V];

/** What a write of this verb answers. */
export type WriteResult<V extends WriteVerb = WriteVerb> = WriteVerbs[V]['result'];

/** Carries out the verbs, inside a transaction that the caller has begun. */
export type WriteHandlers<V extends WriteVerb = WriteVerb> = {
  readonly [K in V]: (input: WriteVerbs[K]['input']) => WriteVerbs[K]['result'];
};
