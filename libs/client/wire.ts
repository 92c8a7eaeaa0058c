/**
 * The api's JSON as it is on the wire: names stay in snake_case, times stay RFC 3339 text, and a key that the api
 * leaves out is an optional one here.
 */

/** Limits of an account or a token; an absent or 0 window has none. */
export interface RateLimit {
  readonly requests_per_minute?: number;
  readonly requests_per_hour?: number;
  readonly requests_per_day?: number;
}

export interface RegisterInput {
  readonly email: string;
  readonly company: string;
  /** 8 characters to 72 bytes. */
  readonly password: string;
}

export interface RegisteredAccount {
  readonly account_id: string;
  readonly email: string;
  readonly company: string;
  readonly access_key: string;
  /** Shown this once. */
  readonly secret_key: string;
  readonly created_at: string;
}

export type AccountStatus = 'active' | 'suspended';

export interface Account {
  readonly id: string;
  readonly email?: string;
  readonly company: string;
  readonly access_key?: string;
  readonly status: AccountStatus;
  readonly rate_limit?: RateLimit;
  /** Absent while it is off. */
  readonly validation_log?: ValidationLog;
  readonly qiniu_uid?: number;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Whether each validation of an account's tokens is written down. */
export interface ValidationLog {
  readonly enabled: boolean;
  /** How long each record is kept; absent while it is off. */
  readonly retention_days?: number;
}

export interface SetValidationLogInput {
  readonly enabled: boolean;
  /** 1 to 90, default 7. */
  readonly retention_days?: number;
}

export interface RegeneratedSecretKey {
  readonly access_key: string;
  /** Shown this once; the one before it is dead. */
  readonly secret_key: string;
  readonly updated_at: string;
}

export interface CreateTokenInput {
  readonly description: string;
  /** `*`, `resource:action` or `resource:*`; absent: the token passes only a validation that asks for no scope. */
  readonly scope?: readonly string[];
  /** 0 or absent: never. Give this or `expires_at`. */
  readonly expires_in_seconds?: number;
  readonly expires_at?: string;
  /** 1 to 12 characters of `[a-z0-9_]`; default `sk`. */
  readonly prefix?: string;
  readonly rate_limit?: RateLimit;
}

export interface CreatedToken {
  readonly token_id: string;
  /** The value, shown this once. */
  readonly token: string;
  readonly account_id: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly rate_limit?: RateLimit;
  readonly created_at: string;
  readonly expires_at?: string;
  readonly is_active: boolean;
}

export type TokenStatus = 'normal' | 'expired' | 'disabled';

export interface TokenListItem {
  readonly token_id: string;
  readonly token_preview: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly rate_limit?: RateLimit;
  readonly created_at: string;
  readonly expires_at?: string;
  readonly is_active: boolean;
  readonly status: TokenStatus;
  readonly total_requests: number;
  readonly last_used_at?: string;
}

export interface ListTokensInput {
  readonly active_only?: boolean;
  /** 1 to 100, default 50. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface TokenPage {
  readonly account_id: string;
  readonly tokens: readonly TokenListItem[];
  /** How many there are in all, over all pages. */
  readonly total: number;
}

export interface TokenDetail {
  readonly token_id: string;
  /** Masked, like `token_preview`. */
  readonly token: string;
  readonly token_preview: string;
  readonly account_id: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly rate_limit?: RateLimit;
  readonly created_at: string;
  readonly expires_at?: string;
  readonly is_active: boolean;
  readonly total_requests: number;
  readonly last_used_at?: string;
}

/** At least one of the two. */
export interface UpdateTokenInput {
  readonly description?: string;
  /** Replaces all scopes of the token. */
  readonly scope?: readonly string[];
}

export interface TokenStatusChange {
  readonly message: string;
  readonly token_id: string;
  readonly is_active: boolean;
  readonly updated_at: string;
}

export interface TokenDeletion {
  readonly message: string;
}

export interface TokenStats {
  readonly token_id: string;
  readonly total_requests: number;
  readonly last_used_at?: string;
  readonly created_at: string;
  /** UTC days with requests. */
  readonly daily_stats: readonly { readonly date: string; readonly requests: number }[];
  /** How the validations of those days ended. */
  readonly results: ValidationCounts;
}

/** How a validation of a known token ended; only `valid` was granted. */
export type ValidationResult = 'valid' | 'scope' | 'inactive' | 'expired' | 'suspended' | 'limited';

export type ValidationCounts = Readonly<Record<ValidationResult, number>>;

export type UsageGranularity = 'hour' | 'day';

export interface TokenUsageInput {
  /** RFC 3339 or `YYYY-MM-DD`; by default 30 days back, or 24 hours. */
  readonly from?: string;
  /** RFC 3339 or `YYYY-MM-DD`, not included; by default now. */
  readonly to?: string;
  /** Default `day`. */
  readonly granularity?: UsageGranularity;
}

/** One hour or day, UTC. */
export interface UsageBucket extends ValidationCounts {
  readonly start: string;
  readonly total: number;
}

export interface TokenUsage {
  readonly token_id: string;
  readonly granularity: UsageGranularity;
  /** Start of the first hour or day. */
  readonly from: string;
  /** End of the last one. */
  readonly to: string;
  /** Oldest first, without empty ones. */
  readonly usage: readonly UsageBucket[];
  /** Validations in the whole range. */
  readonly total: number;
}

export interface ListValidationsInput {
  readonly result?: ValidationResult;
  /** RFC 3339, inclusive. */
  readonly start_time?: string;
  /** RFC 3339, inclusive. */
  readonly end_time?: string;
  readonly limit?: number;
  readonly offset?: number;
}

export interface ValidationRecord {
  readonly id: string;
  readonly timestamp: string;
  readonly result: ValidationResult;
  /** The scopes that were asked for. */
  readonly scope: readonly string[];
  readonly ip: string;
  readonly user_agent: string;
}

export interface ValidationPage {
  readonly token_id: string;
  readonly validations: readonly ValidationRecord[];
  readonly total: number;
}

export interface PermissionCatalogue {
  readonly categories: readonly {
    readonly name: string;
    readonly description: string;
    readonly permissions: readonly {
      readonly scope: string;
      readonly description: string;
      readonly example: string;
    }[];
  }[];
  readonly total: number;
}

export interface AuditRecord {
  readonly id: string;
  /** Empty where nobody was recognised. */
  readonly account_id: string;
  readonly action: string;
  readonly resource_id: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly request_data?: Readonly<Record<string, unknown>>;
  readonly result: string;
  readonly error_msg?: string;
  readonly timestamp: string;
}

export interface AuditLogsInput {
  readonly action?: string;
  readonly resource_id?: string;
  /** RFC 3339, inclusive. */
  readonly start_time?: string;
  /** RFC 3339, inclusive. */
  readonly end_time?: string;
  readonly limit?: number;
  readonly offset?: number;
}

export interface AuditPage {
  readonly account_id: string;
  readonly logs: readonly AuditRecord[];
  readonly total: number;
}

/** What a validation says of a live token. */
export interface TokenInfo {
  readonly token_id: string;
  /** Absent for the account of a Qiniu user, which is named by `uid`. */
  readonly account_id?: string;
  readonly uid?: string;
  readonly iuid?: string;
  readonly iam_alias?: string;
  readonly scope: readonly string[];
  readonly is_active: boolean;
  readonly expires_at?: string;
  readonly last_used_at?: string;
}

export interface PermissionCheck {
  /** As it was asked for: one scope, or several that must all be granted. */
  readonly requested: string | readonly string[];
  readonly granted: boolean;
}
