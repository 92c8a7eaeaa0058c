import type { Environment } from '@tollgate/config';
import { type Log, createLogger } from '@tollgate/observability';
import { GatewayConfigLoader } from '../config/gateway-config-loader';
import { explainFailure } from '../explain-failure';
import { type GatewayParts, openParts } from '../gateway-parts';
import { TunnelHealth } from '../health/tunnel-health';
import { gatewayRegistry } from '../metrics/gateway-registry';
import { stopOnSignals } from '../stop-on-signals';
import type { GatewayLink } from './gateway-link';
import { LEDGER_ANSWER_MS } from './limits';
import type { WorkerPlace } from './messages';
import { WorkerNeighbours } from './worker-neighbours';

/**
 * Serves clients and users beside the other workers of a gateway, until it is told to stop. A start that fails is told to the primary,
 * which tells it once for all.
 * @param file the path of the configuration; what is in it comes from the primary, so that all workers have the same
 */
export async function runWorker(link: GatewayLink, env: Environment, file: string | undefined): Promise<void> {
  // A terminal that goes away tells every process; what to do is the primary's to say.
  process.on('SIGHUP', () => undefined);
  try {
    await start(link, env, file);
  } catch (error) {
    await link.tell('failed', { message: explainFailure(error) });
    process.exit(1);
  }
}

async function start(link: GatewayLink, env: Environment, file: string | undefined): Promise<void> {
  // First, so that it hears what the primary tells from now on.
  const neighbours = new WorkerNeighbours(link);
  const place = await link.ask('join', null, LEDGER_ANSWER_MS);
  for (const routes of place.routes) neighbours.routes.add(routes);
  const settings = new WorkerSettings(env, file, place);
  const config = settings.load();
  const log = createLogger('gateway', config.logLevel);
  const parts = await openParts(config, log, place.place, neighbours);
  await neighbours.start(parts.tunnels, place.member, place.folder);
  link.answer('reload', async (text) => {
    await parts.tunnels.reload(settings.reload(text));
    return null;
  });
  const port = await parts.listen();
  // Not before: a worker that is only starting counts as missing.
  tellOf(parts, link);
  stopOnSignals(() => stop(parts, log), log);
  await link.tell('bound', { port });
  await link.tell('listening', { url: '' });
}

async function stop(parts: GatewayParts, log: Log): Promise<void> {
  await parts.close();
  log.debug({}, 'worker stopped');
}

function tellOf(parts: GatewayParts, link: GatewayLink): void {
  const { tunnels, source, traffic } = parts;
  const registry = gatewayRegistry(parts);
  const health = new TunnelHealth(tunnels, source, traffic);
  link.answer('own-metrics', () => registry.getMetricsAsJSON());
  link.answer('health', () => health.read());
}

/** The settings of a worker, from a file that the primary has read. */
class WorkerSettings {
  private text: string | null;
  private readonly loader: GatewayConfigLoader;

  constructor(
    env: Environment,
    file: string | undefined,
    private readonly place: WorkerPlace,
  ) {
    this.text = place.files.atStart;
    this.loader = new GatewayConfigLoader(env, file, () => this.text ?? '');
  }

  /** As the other workers have them: those of the start, and over them what was changed since and needs no restart. */
  load(): ReturnType<GatewayConfigLoader['load']> {
    const atStart = this.loader.load();
    return this.place.files.now === this.place.files.atStart ? atStart : this.reload(this.place.files.now);
  }

  reload(text: string | null): ReturnType<GatewayConfigLoader['load']> {
    this.text = text;
    return this.loader.reload().config;
  }
}
