import type { z } from 'zod';

/** One setting and the rule that it breaks. Never holds a secret's value. */
export interface SettingsProblem {
  /** A variable, or for a setting of a file the file and the option's path in it. */
  readonly variable: string;
  readonly rule: string;
}

/** The settings do not fit their schema; the message lists every problem, one a line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  /** @param where the settings were read from */
  constructor(
    readonly problems: readonly SettingsProblem[],
    where = 'the environment',
  ) {
    super([`Wrong settings in ${where}:`, ...problems.map(({ variable, rule }) => `  ${variable} ${rule}`)].join('\n'));
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
  const { values, problems } = readSettings(schema, env);
  const wrong = new Set(problems.map(({ variable }) => variable));
  check?.(values, (variable, rule) => {
    if (wrong.has(variable)) return;
    wrong.add(variable);
    problems.push({ variable, rule });
  });
  if (problems.length > 0) throw new SettingsError(problems);
  return deepFreeze(values as z.output<S>);
}

/**
 * The same for one who reads settings from elsewhere too, and reports what is wrong with all of them at once.
 * @returns the good values, and a problem for each other variable
 */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  env: Environment,
): { values: Partial<z.output<S>>; problems: SettingsProblem[] } {
  const values: Record<string, unknown> = {};
  const problems: SettingsProblem[] = [];
  // Field by field, so that a check over several sees the good ones whatever the others hold.
  for (const [variable, field] of Object.entries(schema.shape)) {
    const given = isSet(env, variable);
    const parsed = (field as z.ZodType).safeParse(given ? env[variable] : undefined);
    if (parsed.success) {
      if (parsed.data !== undefined) values[variable] = parsed.data;
    } else {
      const rule = parsed.error.issues.map((issue) => issue.message).join('; ');
      problems.push({ variable, rule: given ? rule : 'must be set' });
    }
  }
  return { values: values as Partial<z.output<S>>, problems };
}

/** Whether a variable holds anything but blanks. */
export function isSet(env: Environment, variable: string): boolean {
  return (env[variable] ?? '').trim() !== '';
}

/** Freezes a value and all that it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
