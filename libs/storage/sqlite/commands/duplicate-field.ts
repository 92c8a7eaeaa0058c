import { isSqliteError } from '../sqlite-error';

/** Columns with a unique constraint and the domain names of their fields. */
const FIELD_BY_COLUMN: ReadonlyMap<string, string> = new Map([
  ['accounts.id', 'id'],
  ['accounts.email', 'email'],
  ['accounts.access_key', 'access_key'],
  ['accounts.qiniu_uid', 'qiniu_uid'],
  ['tokens.id', 'id'],
  ['tokens.hash', 'token'],
  ['upload_tokens.id', 'id'],
  ['upload_tokens.hash', 'token'],
  ['uploaded_files.id', 'id'],
]);

const UNIQUE_FAILURE = /^UNIQUE constraint failed: (\S+)$/;

/** The domain field that a unique constraint refused; `undefined` when the error is something else. */
export function duplicateField(error: unknown): string | undefined {
  if (!isSqliteError(error)) return undefined;
  const column = UNIQUE_FAILURE.exec(error.message)?.[1];
  return column === undefined ? undefined : FIELD_BY_COLUMN.get(column);
}
