import type { ListQuery } from './read-page';

/** A condition as SQL, the name of its one parameter, and that parameter's value; `undefined` asks for nothing. */
type Narrowing = readonly [condition: string, name: string, value: string | number | undefined];

/** The conditions that are asked for, with their parameters. */
export function narrowing(
  candidates: readonly Narrowing[],
): Pick<ListQuery<unknown, unknown>, 'conditions' | 'parameters'> {
  const conditions: string[] = [];
  const parameters: Record<string, string | number> = {};
  for (const [condition, name, value] of candidates) {
    if (value === undefined) continue;
    conditions.push(condition);
    parameters[name] = value;
  }
  return { conditions, parameters };
}
