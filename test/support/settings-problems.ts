import { SettingsError } from '@tollgate/config';
import { loadApiSettings } from '../../src/api/settings/api.settings';

/** What keeps the api from starting with these variables: each one's rule. Empty when nothing does. */
export function settingsProblems(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  try {
    loadApiSettings(env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return Object.fromEntries(error.problems.map(({ variable, rule }) => [variable, rule]));
  }
  return {};
}
