/** The contract's actions and ours. */
export const AUDIT_ACTIONS = [
  'register_account',
  'create_token',
  'update_token',
  'delete_token',
  'regenerate_secret_key',
  'suspend_account',
  'activate_account',
  'update_account_rate_limit',
  'update_token_rate_limit',
  'update_validation_log',
  'authenticate',
  'validate_token',
  'issue_upload_token',
  'revoke_upload_token',
  'upload_file',
  'delete_file',
  'upload_callback',
  'create_tunnel_token',
  'update_tunnel_token',
  'rotate_tunnel_token',
  'delete_tunnel_token',
  'kick_tunnel_client',
  'import_account',
  'import_token',
  'rotate_master_key',
  'retire_master_key',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** JSON value without secrets. */
export type AuditData = Readonly<Record<string, unknown>>;

/** One line of the audit trail. */
export interface AuditRecord {
  /** Unique; writing the same id twice leaves one record. */
  readonly id: string;
  /** Empty where nobody was recognised. */
  readonly accountId: string;
  readonly action: AuditAction | (string & {});
  /** What was acted on: a token id, an account id; empty where there is none. */
  readonly resourceId: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestData?: AuditData;
  readonly result: 'success' | 'failure';
  readonly errorMessage?: string;
  readonly timestamp: Date;
}

/** How long audit records are kept, in milliseconds: 90 days. */
export const AUDIT_RETENTION_MS = 90 * 86_400_000;
