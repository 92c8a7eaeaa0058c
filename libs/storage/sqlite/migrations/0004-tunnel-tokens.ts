import type { Migration } from './migration';

/** Tunnel tokens, and which of them changed. A record's version is the number of the change that made it so. */
export const tunnelTokens: Migration = {
  version: 4,
  name: 'tunnel tokens',
  sql: `
CREATE TABLE tunnel_tokens (
  hash     BLOB PRIMARY KEY,
  document TEXT NOT NULL,
  key_id   TEXT NOT NULL,
  envelope TEXT NOT NULL,
  version  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tunnel_tokens_by_key ON tunnel_tokens (key_id);

CREATE TABLE tunnel_token_changes (
  seq  INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL
) STRICT;
`,
};
