import { AUDIT_RETENTION_MS, TRAFFIC_DAYS_KEPT, TRAFFIC_KEY_MEMORY_MS } from '@tollgate/domain';

/** One index of ours. */
export interface MongoIndexSpec {
  readonly collection:
    | 'accounts'
    | 'tokens'
    | 'token_usage'
    | 'validation_log'
    | 'audit_logs'
    | 'replay_claims'
    | 'upload_tokens'
    | 'uploaded_files'
    | 'upload_callbacks'
    | 'traffic_tokens'
    | 'traffic_days'
    | 'traffic_reports';
  /** MongoDB's own name for the key, so that an index made by hand is recognised. */
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly unique?: true;
  /** Documents without the field are not in the index; how uniqueness skips those that have no such value. */
  readonly sparse?: true;
  /** TTL: the document goes away this long after the time in the field. */
  readonly expireAfterSeconds?: number;
  readonly partialFilterExpression?: Readonly<Record<string, unknown>>;
}

/** Every index, and its only definition. A field is never stored as null, so that `sparse` does what it says. */
export const MONGO_INDEXES: readonly MongoIndexSpec[] = [
  { collection: 'accounts', name: 'email_1', key: { email: 1 }, unique: true, sparse: true },
  { collection: 'accounts', name: 'access_key_1', key: { access_key: 1 }, unique: true, sparse: true },
  { collection: 'accounts', name: 'qiniu_uid_1', key: { qiniu_uid: 1 }, unique: true, sparse: true },
  { collection: 'accounts', name: 'created_at_-1__id_1', key: { created_at: -1, _id: 1 } },
  {
    collection: 'accounts',
    name: 'audit_pending_1',
    key: { audit_pending: 1 },
    partialFilterExpression: { audit_pending: true },
  },
  { collection: 'tokens', name: 'token_id_1', key: { token_id: 1 }, unique: true },
  { collection: 'tokens', name: 'token_1', key: { token: 1 }, unique: true },
  { collection: 'tokens', name: 'account_id_1_is_active_1', key: { account_id: 1, is_active: 1 } },
  {
    collection: 'tokens',
    name: 'account_id_1_created_at_-1_token_id_1',
    key: { account_id: 1, created_at: -1, token_id: 1 },
  },
  { collection: 'tokens', name: 'expires_at_1', key: { expires_at: 1 }, sparse: true },
  {
    collection: 'tokens',
    name: 'purge_at_1',
    key: { purge_at: 1 },
    expireAfterSeconds: 0,
    // A document whose audit records have not been handed on yet must not vanish with them.
    partialFilterExpression: { audit_pending: false },
  },
  {
    collection: 'tokens',
    name: 'audit_pending_1',
    key: { audit_pending: 1 },
    partialFilterExpression: { audit_pending: true },
  },
  // Days are found by their `_id`; these are for folding, and for what a token that went by its TTL index left.
  {
    collection: 'token_usage',
    name: 'day_1',
    key: { day: 1 },
    partialFilterExpression: { hours: { $exists: true } },
  },
  { collection: 'token_usage', name: 'purge_at_1', key: { purge_at: 1 }, expireAfterSeconds: 0 },
  {
    collection: 'validation_log',
    name: 'account_id_1_token_id_1_at_-1__id_1',
    key: { account_id: 1, token_id: 1, at: -1, _id: 1 },
  },
  { collection: 'validation_log', name: 'purge_at_1', key: { purge_at: 1 }, expireAfterSeconds: 0 },
  { collection: 'audit_logs', name: 'account_id_1_timestamp_-1', key: { account_id: 1, timestamp: -1 } },
  { collection: 'audit_logs', name: 'action_1', key: { action: 1 } },
  {
    collection: 'audit_logs',
    name: 'timestamp_1',
    key: { timestamp: 1 },
    expireAfterSeconds: AUDIT_RETENTION_MS / 1_000,
  },
  { collection: 'replay_claims', name: 'expires_at_1', key: { expires_at: 1 }, expireAfterSeconds: 0 },
  { collection: 'upload_tokens', name: 'token_1', key: { token: 1 }, unique: true },
  {
    collection: 'upload_tokens',
    name: 'account_id_1_created_at_-1__id_1',
    key: { account_id: 1, created_at: -1, _id: 1 },
  },
  { collection: 'upload_tokens', name: 'created_at_-1__id_1', key: { created_at: -1, _id: 1 } },
  { collection: 'upload_tokens', name: 'purge_at_1', key: { purge_at: 1 } },
  {
    collection: 'upload_tokens',
    name: 'ttl_at_1',
    key: { ttl_at: 1 },
    expireAfterSeconds: 0,
    partialFilterExpression: { audit_pending: false },
  },
  {
    collection: 'upload_tokens',
    name: 'audit_pending_1',
    key: { audit_pending: 1 },
    partialFilterExpression: { audit_pending: true },
  },
  {
    collection: 'uploaded_files',
    name: 'account_id_1_state_1_created_at_-1__id_1',
    key: { account_id: 1, state: 1, created_at: -1, _id: 1 },
  },
  { collection: 'uploaded_files', name: 'state_1_created_at_-1__id_1', key: { state: 1, created_at: -1, _id: 1 } },
  // An account's bytes are summed up from it alone.
  {
    collection: 'uploaded_files',
    name: 'account_id_1_state_1_size_1__id_1',
    key: { account_id: 1, state: 1, size: 1, _id: 1 },
  },
  { collection: 'uploaded_files', name: 'token_id_1', key: { token_id: 1 }, sparse: true },
  { collection: 'uploaded_files', name: 'prepared.at_1', key: { 'prepared.at': 1 }, sparse: true },
  { collection: 'uploaded_files', name: 'hidden_at_1', key: { hidden_at: 1 }, sparse: true },
  {
    collection: 'uploaded_files',
    name: 'audit_pending_1',
    key: { audit_pending: 1 },
    partialFilterExpression: { audit_pending: true },
  },
  { collection: 'upload_callbacks', name: 'due_at_1', key: { due_at: 1 } },
  {
    collection: 'upload_callbacks',
    name: 'audit_pending_1',
    key: { audit_pending: 1 },
    partialFilterExpression: { audit_pending: true },
  },
  { collection: 'traffic_tokens', name: 'root_id_1', key: { root_id: 1 }, sparse: true },
  { collection: 'traffic_days', name: 'token_id_1_day_1', key: { token_id: 1, day: 1 } },
  {
    collection: 'traffic_days',
    name: 'day_1',
    key: { day: 1 },
    // Its last day is over by then, too.
    expireAfterSeconds: (TRAFFIC_DAYS_KEPT + 1) * 86_400,
  },
  { collection: 'traffic_reports', name: 'at_1', key: { at: 1 }, expireAfterSeconds: TRAFFIC_KEY_MEMORY_MS / 1_000 },
  {
    collection: 'traffic_reports',
    name: 'counted_at_1',
    key: { counted_at: 1 },
    partialFilterExpression: { state: 'counted' },
  },
];
