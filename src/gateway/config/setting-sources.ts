import { type Environment, type SettingsProblem, isSet } from '@tollgate/config';
import type { OptionReader } from './file/option-reader';
import type { GatewayVariables } from './environment';

/** What both places say, and where to put what is wrong with it. */
export interface SettingSources {
  /** The environment, as far as it is well formed. */
  readonly variables: GatewayVariables;
  /** The file; empty when there is none. */
  readonly reader: OptionReader;
  /** @param setting a variable, or what {@link nameOf} says */
  readonly report: (setting: string, rule: string) => void;
  readonly warn: (setting: string, sentence: string) => void;
  /** What a setting is called where it was made: by its variable, if that is set or nothing is, else by its path in the file. */
  readonly nameOf: (variable: string, option: string) => string;
  /** Whether a variable is set, well formed or not. */
  readonly isGiven: (variable: string) => boolean;
}

/** Collects what is wrong: one problem a setting, the first. */
export class SettingsReport {
  readonly problems: SettingsProblem[] = [];
  readonly warnings: string[] = [];
  private readonly wrong = new Set<string>();

  readonly add = (variable: string, rule: string): void => {
    if (this.wrong.has(variable)) return;
    this.wrong.add(variable);
    this.problems.push({ variable, rule });
  };

  readonly warn = (setting: string, sentence: string): void => {
    this.warnings.push(`${setting}: ${sentence}`);
  };
}

/** @param file its path as it was given; without one every setting goes by its variable */
export function settingSources(
  env: Environment,
  variables: GatewayVariables,
  file: { readonly path: string | undefined; readonly reader: OptionReader },
  report: SettingsReport,
): SettingSources {
  const { path, reader } = file;
  return {
    variables,
    reader,
    report: report.add,
    warn: report.warn,
    isGiven: (variable) => isSet(env, variable),
    nameOf: (variable, option) =>
      path === undefined || isSet(env, variable) || !reader.has(option) ? variable : `${path}: ${option}`,
  };
}
