/** Tells of rows that a page left out; `undefined` when it holds them all. */
export function pageNote(shown: number, total: number, offset: number): string | undefined {
  if (shown >= total) return undefined;
  const next = offset + shown;
  const more = next < total ? `; --offset ${String(next)} shows more` : '';
  return `${String(shown)} of ${String(total)} shown${more}`;
}
