import { createHash } from 'node:crypto';

/** One numbered step of the schema. A step that was released is never edited: its checksum is in every database. */
export interface Migration {
  /** 1 for the first, without gaps. */
  readonly version: number;
  readonly name: string;
  /** Statements, run in one transaction. */
  readonly sql: string;
}

/** SHA-256 of a step's statements, hex. */
export function migrationChecksum(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}
