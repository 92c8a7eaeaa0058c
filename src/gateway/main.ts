import { SettingsError } from '@tollgate/config';
import { type Log, createLogger } from '@tollgate/observability';
import { configFileOf } from './config/command-line';
import { GatewayConfigLoader } from './config/gateway-config-loader';
import { type RunningGateway, startGateway } from './gateway';

async function main(): Promise<void> {
  const loader = new GatewayConfigLoader(process.env, configFileOf(process.argv.slice(2)));
  const config = loader.load();
  const log = createLogger('gateway', config.logLevel);
  for (const warning of config.warnings) log.warn({ file: config.file }, warning);
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
  process.on('SIGHUP', () => {
    reload(loader, gateway, log).catch((error: unknown) => {
      log.error({ reason: explain(error) }, 'the settings could not be read again: those from before stay in force');
    });
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.send) {
    process.send({ type: 'listening', url: gateway.url, bindPort: gateway.bindPort });
    // The launcher is gone.
    process.on('disconnect', () => {
      stop('disconnect');
    });
  }
}

async function reload(loader: GatewayConfigLoader, gateway: RunningGateway, log: Log): Promise<void> {
  const { config, needRestart } = loader.reload();
  for (const warning of config.warnings) log.warn({ file: config.file }, warning);
  await gateway.reload(config);
  log.info({ need_restart: needRestart }, 'settings read again');
}

main().catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});

function explain(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `A port of the gateway is in use: set bindPort (BIND_PORT) or GATEWAY_ADMIN_PORT to another one. (${error.message})`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
