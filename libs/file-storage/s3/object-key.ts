const DATED = /^(\d{4}-\d\d-\d\d)\/([A-Za-z0-9_]{1,64})$/;
const OURS = /(?:^|\/)\d{4}-\d\d-\d\d\/[A-Za-z0-9_]{1,64}$/;
const DAY_MS = 86_400_000;

/** Metadata of every object of ours; its value is the id of the file. A sweep removes nothing without it. */
export const FILE_ID_METADATA = 'tollgate-file';

/** Where a content begun at an instant goes. */
export function objectKey(prefix: string, fileId: string, nowMs: number): string {
  return `${dayPrefix(prefix, nowMs)}/${fileId}`;
}

/** Whether a key may be one of ours, under whatever prefix it was made. */
export function isObjectKey(key: string): boolean {
  return OURS.test(key);
}

/** @returns the id of the file; undefined for a key that is none of ours */
export function fileIdOf(prefix: string, key: string): string | undefined {
  return key.startsWith(prefix) ? DATED.exec(key.slice(prefix.length))?.[2] : undefined;
}

/** Where what belongs to resumable uploads is that is not content yet. */
export function partialFolder(prefix: string): string {
  return `${prefix}partial/`;
}

/** @param kind `json`: the description; `tail`: the last bytes, while they are too few for a part */
export function partialKey(prefix: string, fileId: string, kind: 'json' | 'tail'): string {
  return `${partialFolder(prefix)}${fileId}.${kind}`;
}

/**
 * A key before all objects of the last days and after those of the days before.
 * @param days today among them
 */
export function beforeDays(prefix: string, nowMs: number, days: number): string {
  return dayPrefix(prefix, nowMs - (days - 1) * DAY_MS);
}

function dayPrefix(prefix: string, ms: number): string {
  return `${prefix}${new Date(ms).toISOString().slice(0, 10)}`;
}
