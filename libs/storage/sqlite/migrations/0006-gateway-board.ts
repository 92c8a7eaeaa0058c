import type { Migration } from './migration';

/** What gateways show of themselves, and what they are told. */
export const gatewayBoard: Migration = {
  version: 6,
  name: 'gateway board',
  sql: `
CREATE TABLE gateway_texts (
  name     TEXT PRIMARY KEY,
  body     TEXT NOT NULL,
  until_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE gateway_commands (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  body  TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
`,
};
