import { SettingsError } from '@tollgate/config';

/** Why the gateway can't start, or go on as it was told to, for whoever told it. */
export function explainFailure(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `A port of the gateway is in use: set bindPort (BIND_PORT) or GATEWAY_ADMIN_PORT to another one. (${error.message})`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
