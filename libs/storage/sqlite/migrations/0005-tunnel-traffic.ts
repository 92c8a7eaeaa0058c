import type { Migration } from './migration';

/** What tunnel tokens have moved, who they are, and the keys of reports that were counted. */
export const tunnelTraffic: Migration = {
  version: 5,
  name: 'tunnel traffic',
  sql: `
-- Who a token was when it was last known, by the hash of its value.
CREATE TABLE traffic_tokens (
  hash       BLOB PRIMARY KEY,
  token_id   TEXT NOT NULL,
  account_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Days since the epoch. The account is empty for a token of none.
CREATE TABLE traffic_days (
  token_id   TEXT NOT NULL,
  account_id TEXT NOT NULL,
  day        INTEGER NOT NULL,
  proxy      TEXT NOT NULL,
  in_bytes   INTEGER NOT NULL,
  out_bytes  INTEGER NOT NULL,
  PRIMARY KEY (token_id, account_id, day, proxy)
) STRICT, WITHOUT ROWID;
CREATE INDEX traffic_days_age ON traffic_days (day);

CREATE TABLE traffic_keys (
  hash        BLOB PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX traffic_keys_age ON traffic_keys (at);
`,
};
