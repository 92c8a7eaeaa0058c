/** A window that allows less than a shorter one does, so that the shorter one's limit is never reached. */
export interface MisorderedWindow<Name> {
  readonly name: Name;
  readonly shorter: Name;
}

/**
 * Windows that break minute ≤ hour ≤ day, each against the next shorter one that has a limit.
 * @param names shortest window first
 * @param limitOf 0 or absent is no limit
 */
export function findMisorderedWindows<Name extends string>(
  names: readonly Name[],
  limitOf: (name: Name) => number | null | undefined,
): readonly MisorderedWindow<Name>[] {
  const limited = names.map((name) => ({ name, limit: limitOf(name) ?? 0 })).filter(({ limit }) => limit > 0);
  return limited.flatMap(({ name, limit }, index) => {
    const shorter = limited[index - 1];
    return shorter !== undefined && limit < shorter.limit ? [{ name, shorter: shorter.name }] : [];
  });
}
