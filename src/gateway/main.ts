import { type Log, createLogger } from '@tollgate/observability';
import { configFileOf } from './config/command-line';
import type { GatewayConfig } from './config/gateway-config';
import { GatewayConfigLoader } from './config/gateway-config-loader';
import { explainFailure } from './explain-failure';
import { type RunningGateway, startGateway } from './gateway';
import { stopOnSignals } from './stop-on-signals';
import { primaryLink } from './workers/gateway-link';
import { runPrimary } from './workers/primary';
import { runWorker } from './workers/worker';

async function main(): Promise<void> {
  const file = configFileOf(process.argv.slice(2));
  const link = primaryLink();
  if (link !== undefined) {
    await runWorker(link, process.env, file);
    return;
  }
  const loader = new GatewayConfigLoader(process.env, file);
  const config = loader.load();
  const log = createLogger('gateway', config.logLevel);
  warn(config, log);
  if (config.workers > 1) process.exit(await runPrimary(config, process.env, log));
  await runAlone(loader, config, log);
}

async function runAlone(loader: GatewayConfigLoader, config: GatewayConfig, log: Log): Promise<void> {
  const gateway = await startGateway(config, log);
  stopOnSignals(() => gateway.close(), log);
  process.on('SIGHUP', () => {
    reload(loader, gateway, log).catch((error: unknown) => {
      const reason = explainFailure(error);
      log.error({ reason }, 'the settings could not be read again: those from before stay in force');
    });
  });
  process.send?.({ type: 'listening', url: gateway.url, bindPort: gateway.bindPort });
}

async function reload(loader: GatewayConfigLoader, gateway: RunningGateway, log: Log): Promise<void> {
  const { config, needRestart } = loader.reload();
  warn(config, log);
  await gateway.reload(config);
  log.info({ need_restart: needRestart }, 'settings read again');
}

function warn({ warnings, file }: GatewayConfig, log: Log): void {
  for (const warning of warnings) log.warn({ file }, warning);
}

main().catch((error: unknown) => {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exit(1);
});
