import type { Migration } from './migration';

/**
 * Upload tokens with who uploads by them now, files, how many bytes each account has, deleted files whose content may
 * still be there, and callbacks.
 *
 * As in step 1, times are integer milliseconds and the indexes of lists carry the columns that filter and count. Those by
 * owner label and sub-account begin with these, so that they serve one account and all of them.
 */
export const uploads: Migration = {
  version: 3,
  name: 'uploads',
  sql: `
CREATE TABLE upload_tokens (
  id                TEXT PRIMARY KEY,
  account_id        TEXT NOT NULL,
  hash              BLOB NOT NULL UNIQUE,
  preview           TEXT NOT NULL,
  max_bytes         INTEGER,
  allowed_types     TEXT,
  file_name         TEXT,
  file_name_prefix  TEXT,
  owner_label       TEXT,
  callback_url      TEXT,
  callback_key_id   TEXT,
  callback_envelope TEXT,
  iuid              TEXT,
  created_at        INTEGER NOT NULL,
  expires_at        INTEGER NOT NULL,
  purge_at          INTEGER NOT NULL,
  end_reason        TEXT CHECK (end_reason IN ('stored', 'refused', 'revoked')),
  ended_at          INTEGER,
  file_id           TEXT,
  attempts          INTEGER NOT NULL DEFAULT 0,
  received_bytes    INTEGER NOT NULL DEFAULT 0,
  holder            TEXT,
  held_until        INTEGER,
  CHECK ((callback_url IS NULL) = (callback_key_id IS NULL)
     AND (callback_url IS NULL) = (callback_envelope IS NULL)),
  CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
  CHECK ((end_reason IS 'stored') = (file_id IS NOT NULL)),
  CHECK ((holder IS NULL) = (held_until IS NULL))
) STRICT;
CREATE INDEX upload_tokens_of_account ON upload_tokens (account_id, created_at DESC, id, expires_at, end_reason);
CREATE INDEX upload_tokens_of_sub_account
  ON upload_tokens (iuid, account_id, created_at DESC, id, expires_at, end_reason, owner_label)
  WHERE iuid IS NOT NULL;
CREATE INDEX upload_tokens_of_owner
  ON upload_tokens (owner_label, account_id, created_at DESC, id, expires_at, end_reason)
  WHERE owner_label IS NOT NULL;
CREATE INDEX upload_tokens_newest ON upload_tokens (created_at DESC, id, expires_at, end_reason);
CREATE INDEX upload_tokens_purge ON upload_tokens (purge_at);

CREATE TABLE uploaded_files (
  id               TEXT PRIMARY KEY,
  account_id       TEXT NOT NULL,
  token_id         TEXT,
  storage_key      TEXT NOT NULL,
  name             TEXT NOT NULL,
  size             INTEGER NOT NULL,
  type             TEXT NOT NULL,
  sha256           TEXT NOT NULL,
  owner_label      TEXT,
  iuid             TEXT,
  idempotency_hash TEXT,
  created_at       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX uploaded_files_of_token ON uploaded_files (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX uploaded_files_of_account ON uploaded_files (account_id, created_at DESC, id);
CREATE INDEX uploaded_files_of_sub_account
  ON uploaded_files (iuid, account_id, created_at DESC, id, owner_label) WHERE iuid IS NOT NULL;
CREATE INDEX uploaded_files_of_owner
  ON uploaded_files (owner_label, account_id, created_at DESC, id) WHERE owner_label IS NOT NULL;
CREATE INDEX uploaded_files_newest ON uploaded_files (created_at DESC, id);

-- Changed with the files themselves, because adding up a million of them for each upload would take too long.
CREATE TABLE uploaded_bytes (
  account_id TEXT PRIMARY KEY,
  bytes      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deleted_files (
  seq         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  storage_key TEXT NOT NULL
) STRICT;

CREATE TABLE upload_callbacks (
  id              TEXT PRIMARY KEY,
  account_id      TEXT NOT NULL,
  file_id         TEXT NOT NULL,
  url             TEXT NOT NULL,
  secret_key_id   TEXT NOT NULL,
  secret_envelope TEXT NOT NULL,
  payload         TEXT NOT NULL,
  attempts        INTEGER NOT NULL,
  due_at          INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_callbacks_due ON upload_callbacks (due_at, id);
`,
};
