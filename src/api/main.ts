import 'reflect-metadata';
import { SettingsError } from '@tollgate/config';
import { createLogger } from '@tollgate/observability';
import { loadApiSettings } from './settings/api.settings';
import { primaryLink } from './workers/primary-link';

/** Each role loads only what it needs: the primary of several workers needs no web framework and no store. */
async function main(): Promise<void> {
  const settings = loadApiSettings(process.env);
  const log = createLogger('api', settings.LOG_LEVEL);
  const primary = primaryLink();
  if (settings.API_WORKERS > 1 && primary === undefined) {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by this role only
    const group = require('./workers/primary') as typeof import('./workers/primary');
    process.exit(await group.runPrimary(settings, log));
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded by this role only
  const server = require('./serve') as typeof import('./serve');
  const url = await server.serve(settings, log);
  if (primary === undefined) process.send?.({ type: 'listening', url });
  else void primary.tell('listening', { url });
}

void main().catch(async (error: unknown) => {
  const message = reasonOf(error);
  const primary = primaryLink();
  if (primary === undefined) process.stderr.write(`${message}\n`);
  // Once, by the primary, and not by every worker.
  else await primary.tell('failed', { message });
  process.exit(1);
});

function reasonOf(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const { code } = error as { code?: string };
  if (code === 'EADDRINUSE') return 'PORT is in use by another process; choose another PORT';
  return `the api could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
