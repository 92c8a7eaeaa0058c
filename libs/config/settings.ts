import type { z } from 'zod';

/** One variable and the rule that it breaks. Never holds a secret's value. */
export interface SettingsProblem {
  readonly variable: string;
  readonly rule: string;
}

/** The environment does not fit the schema; the message lists every problem, one a line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly SettingsProblem[]) {
    super(
      ['Wrong settings in the environment:', ...problems.map(({ variable, rule }) => `  ${variable} ${rule}`)].join(
        '\n',
      ),
    );
  }
}

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Rules over several variables. Runs also when single variables are wrong (these are then absent from `settings`), so
 * that a bad start shows everything at once; a report on a variable that has a problem already is dropped.
 */
export type SettingsCheck<S extends z.ZodObject> = (
  settings: Partial<z.output<S>>,
  report: (variable: keyof z.output<S> & string, rule: string) => void,
) => void;

/**
 * Reads an app's settings, once, at its start.
 *
 * An empty or blank variable counts as unset. Values appear in problems only where a field of this library puts them
 * there, which those for secrets and addresses never do.
 * @param schema an object whose keys are the variables' names
 * @param env usually `process.env`, passed in by `main.ts`
 * @param check rules over several variables
 * @returns the settings, frozen through and through
 * @throws SettingsError with all problems
 */
export function loadSettings<S extends z.ZodObject>(
  schema: S,
  env: Environment,
  check?: SettingsCheck<S>,
): Readonly<z.output<S>> {
  const given: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const problems: SettingsProblem[] = [];
  const wrong = new Set<string>();
  const report = (variable: string, rule: string): void => {
    if (wrong.has(variable)) return;
    wrong.add(variable);
    problems.push({ variable, rule });
  };

  // Field by field, so that the check sees the good ones whatever the others hold.
  for (const [variable, field] of Object.entries(schema.shape)) {
    const value = env[variable];
    if (value !== undefined && value.trim() !== '') given[variable] = value;
    const parsed = (field as z.ZodType).safeParse(given[variable]);
    if (parsed.success) {
      if (parsed.data !== undefined) values[variable] = parsed.data;
    } else {
      const rule = parsed.error.issues.map((issue) => issue.message).join('; ');
      report(variable, variable in given ? rule : 'must be set');
    }
  }
  check?.(values as Partial<z.output<S>>, report);
  if (problems.length > 0) throw new SettingsError(problems);
  return deepFreeze(values as z.output<S>);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
