import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SettingsError } from '@tollgate/config';
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
  const { app, uploadServer } = await createApp(settings, log);
  const host = settings.HOST ?? (settings.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
  stopOnSignals(app, uploadServer, log, settings.SHUTDOWN_TIMEOUT);
  try {
    await app.listen(settings.PORT, host);
    if (uploadServer !== undefined) await listenForUploads(uploadServer, settings.UPLOAD_PORT, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = urlOf(app.getHttpServer(), host);
  log.info({ url, ...(uploadServer === undefined ? {} : { uploadUrl: urlOf(uploadServer, host) }) }, 'api listening');
  return url;
}

async function listenForUploads(server: Server, port: number | undefined, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as { code?: string }).code !== 'EADDRINUSE') throw error;
    throw new SettingsError([{ variable: 'UPLOAD_PORT', rule: 'is in use by another process; choose another one' }]);
  }
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
