import type { Account, AccountStatus, AuditLogsInput, AuditRecord, TokenPage } from './wire';

export interface ListAccountsInput {
  readonly status?: AccountStatus;
  /** A part of id, email or company, or a whole AccessKey. */
  readonly search?: string;
  readonly limit?: number;
  readonly offset?: number;
}

export interface AccountPage {
  readonly accounts: readonly Account[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

export interface OperatorAuditLogsInput extends AuditLogsInput {
  /** Absent: every account, also records of nobody. */
  readonly account_id?: string;
}

export interface OperatorAuditPage {
  readonly logs: readonly AuditRecord[];
  readonly total: number;
}

export interface OperatorTokenPage extends TokenPage {
  readonly limit: number;
  readonly offset: number;
}
