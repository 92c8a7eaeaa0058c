import type { AddressInfo } from 'node:net';
import type { Log } from '@tollgate/observability';
import { createApp } from './create-app';
import type { ApiSettings } from './settings/api.settings';
import { stopOnSignals } from './shutdown';

/**
 * Serves the api in this process, until it is told to stop.
 * @returns its address, once it listens
 * @public loaded by `main` when it is needed
 */
export async function serve(settings: ApiSettings, log: Log): Promise<string> {
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
  return url;
}
