import { Log, moduleLog } from '@tollgate/observability';

/** What this module is called in DEBUG: the name that the original's log had. */
const DEBUG_NAME = 'vpro:auth';

/** The log of upload tokens. No token, key or secret is ever written to it. */
export abstract class UploadTokenLog extends Log {}

/** @param debug names as DEBUG lists them; one that means {@link DEBUG_NAME} raises the level of this log alone */
export function createUploadTokenLog(log: Log, debug: readonly string[]): UploadTokenLog {
  return moduleLog(log, 'upload-tokens', isDebugged(DEBUG_NAME, debug) ? 'debug' : undefined);
}

/**
 * Whether a name is meant by the names of a DEBUG variable, as the `debug` package reads it: `*` stands for anything, and a
 * `-` before a name takes it out.
 */
export function isDebugged(name: string, debug: readonly string[]): boolean {
  const means = (pattern: string): boolean => wildcard(pattern).test(name);
  const excluded = debug.some((entry) => entry.startsWith('-') && means(entry.slice(1)));
  return !excluded && debug.some((entry) => entry !== '' && !entry.startsWith('-') && means(entry));
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
