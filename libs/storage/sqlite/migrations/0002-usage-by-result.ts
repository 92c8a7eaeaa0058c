import type { Migration } from './migration';

/**
 * Usage by hour and result, the batches that were counted, and the validation log.
 *
 * Results are the numbers of `rows/usage-result.ts`; all usage of before was granted (0).
 */
export const usageByResult: Migration = {
  version: 2,
  name: 'usage by result',
  sql: `
ALTER TABLE accounts ADD COLUMN validation_log_retention_ms INTEGER;

-- The hour (since the epoch) comes first: all that is written in this one lies together. Rows of tokens that are gone
-- name nobody and go with their hour.
CREATE TABLE usage_hours (
  hour      INTEGER NOT NULL,
  token_seq INTEGER NOT NULL,
  result    INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  PRIMARY KEY (hour, token_seq, result)
) STRICT, WITHOUT ROWID;

-- Days are written once, when their hours are folded, and read and removed by the token: it comes first.
CREATE TABLE usage_days (
  token_seq INTEGER NOT NULL,
  day       INTEGER NOT NULL,
  result    INTEGER NOT NULL,
  requests  INTEGER NOT NULL,
  PRIMARY KEY (token_seq, day, result)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_days (token_seq, day, result, requests)
  SELECT token_seq, day, 0, requests FROM token_usage ORDER BY token_seq, day;
DROP TABLE token_usage;

CREATE TABLE usage_batches (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_batches_age ON usage_batches (at);

CREATE TABLE validation_log (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  token_id   TEXT NOT NULL,
  at         INTEGER NOT NULL,
  result     INTEGER NOT NULL,
  scopes     TEXT NOT NULL,
  ip         TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  purge_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX validation_log_of_token ON validation_log (account_id, token_id, at DESC, id, result);
CREATE INDEX validation_log_purge ON validation_log (purge_at);
`,
};
