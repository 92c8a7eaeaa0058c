import { SettingsError } from '@tollgate/config';
import { createLogger } from '@tollgate/observability';
import { startGateway } from './gateway';
import { GatewayConfig } from './gateway.config';

async function main(): Promise<void> {
  const config = GatewayConfig.from(process.env);
  const log = createLogger('gateway', config.logLevel);
  const gateway = await startGateway(config, log);
  let stopping = false;
  const stop = (reason: string): void => {
    // Asked twice when a terminal and the launcher both pass Ctrl-C on.
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'gateway stopping');
    gateway.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'gateway could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.send) {
    process.send({ type: 'listening', url: gateway.url });
    // The launcher is gone.
    process.on('disconnect', () => {
      stop('disconnect');
    });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});

function explain(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `The gateway's admin port is in use: set GATEWAY_ADMIN_PORT to another one. (${error.message})`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
