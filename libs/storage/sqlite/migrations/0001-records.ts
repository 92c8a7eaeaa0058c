import type { Migration } from './migration';

/**
 * Accounts, tokens with their usage, audit records, used signatures and the change log.
 *
 * Times are integer milliseconds, scopes and rate limits JSON. Indexes of lists carry the columns that filter and
 * count, so that neither reads the rows. Tokens do not reference accounts: an import may bring them in either order,
 * and a token without an account is valid for nobody.
 */
export const records: Migration = {
  version: 1,
  name: 'records',
  sql: `
CREATE TABLE accounts (
  id              TEXT PRIMARY KEY,
  email           TEXT UNIQUE,
  company         TEXT NOT NULL,
  password_hash   TEXT,
  access_key      TEXT UNIQUE,
  secret_key_id   TEXT,
  secret_envelope TEXT,
  secret_hash     TEXT,
  status          TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  rate_limit      TEXT,
  qiniu_uid       INTEGER UNIQUE,
  origin          TEXT NOT NULL CHECK (origin IN ('local', 'directory')),
  created_at      INTEGER NOT NULL,
  updated_at      INTEGER NOT NULL,
  CHECK ((access_key IS NULL) = (secret_key_id IS NULL)
     AND (access_key IS NULL) = (secret_envelope IS NULL)
     AND (access_key IS NULL) = (secret_hash IS NULL))
) STRICT;
CREATE INDEX accounts_newest ON accounts (created_at DESC, id, status);
CREATE INDEX accounts_seal ON accounts (secret_key_id, id) WHERE secret_key_id IS NOT NULL;

CREATE TABLE tokens (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT NOT NULL UNIQUE,
  account_id     TEXT NOT NULL,
  hash           BLOB NOT NULL UNIQUE,
  preview        TEXT NOT NULL,
  description    TEXT NOT NULL,
  scopes         TEXT NOT NULL,
  rate_limit     TEXT,
  iuid           TEXT,
  iam_alias      TEXT,
  is_active      INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  expires_at     INTEGER,
  purge_at       INTEGER
) STRICT;
CREATE INDEX tokens_of_account ON tokens (account_id, created_at DESC, id, is_active, expires_at, iuid);
CREATE INDEX tokens_of_sub_account ON tokens (account_id, iuid, created_at DESC, id, is_active, expires_at)
  WHERE iuid IS NOT NULL;
CREATE INDEX tokens_purge ON tokens (purge_at) WHERE purge_at IS NOT NULL;

-- What is written each second stands apart from the tokens, in rows so small that hundreds share a page: a flush
-- touches a few pages instead of one for each token. A seq is never used again, so a row left over names nobody.
CREATE TABLE token_totals (
  token_seq    INTEGER PRIMARY KEY,
  requests     INTEGER NOT NULL,
  last_used_at INTEGER
) STRICT;

-- The day (since the epoch) comes first: all that is written today lies together.
CREATE TABLE token_usage (
  day       INTEGER NOT NULL,
  token_seq INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  PRIMARY KEY (day, token_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_records (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL,
  action        TEXT NOT NULL,
  resource_id   TEXT NOT NULL,
  ip            TEXT NOT NULL,
  user_agent    TEXT NOT NULL,
  request_data  TEXT,
  result        TEXT NOT NULL CHECK (result IN ('success', 'failure')),
  error_message TEXT,
  timestamp     INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_of_account ON audit_records (account_id, timestamp DESC, id, action);
CREATE INDEX audit_of_resource ON audit_records (account_id, resource_id, timestamp DESC, id, action);
CREATE INDEX audit_newest ON audit_records (timestamp DESC, id, action, resource_id);

CREATE TABLE used_keys (
  key        BLOB PRIMARY KEY,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_keys_expiry ON used_keys (expires_at);

CREATE TABLE changes (
  seq  INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('token', 'account')),
  key  TEXT NOT NULL
) STRICT;
`,
};
