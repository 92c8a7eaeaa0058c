import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { SettingsError } from '@tollgate/config';
import { createLogger } from '@tollgate/observability';
import { createApp } from './create-app';
import { loadApiSettings } from './settings/api.settings';
import { stopOnSignals } from './shutdown';

async function main(): Promise<void> {
  const settings = loadApiSettings(process.env);
  const log = createLogger('api', settings.LOG_LEVEL);
  const app = await createApp(settings, log);
  const host = settings.HOST ?? (settings.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
  stopOnSignals(app, log, settings.SHUTDOWN_TIMEOUT);
  try {
    await app.listen(settings.PORT, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  log.info({ url }, 'api listening');
  process.send?.({ type: 'listening', url });
}

main().catch((error: unknown) => {
  const { code } = error as { code?: string };
  if (error instanceof SettingsError) process.stderr.write(`${error.message}\n`);
  else if (code === 'EADDRINUSE') process.stderr.write('PORT is in use by another process; choose another PORT\n');
  else
    process.stderr.write(
      `the api could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  process.exit(1);
});
