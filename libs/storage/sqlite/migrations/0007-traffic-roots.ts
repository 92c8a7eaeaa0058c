import type { Migration } from './migration';

/** Which tunnel tokens are one to limits: those that rotations have put in each other's place. */
export const trafficRoots: Migration = {
  version: 7,
  name: 'traffic roots',
  sql: `
-- The token that the first of its rotations replaced; empty where that is the token itself.
ALTER TABLE traffic_tokens ADD COLUMN root_id TEXT NOT NULL DEFAULT '';
CREATE INDEX traffic_tokens_root ON traffic_tokens (root_id, account_id) WHERE root_id <> '';
`,
};
