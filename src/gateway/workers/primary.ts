import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@tollgate/config';
import { SystemClock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { Link, Supervisor, forkWorker } from '@tollgate/workers';
import { openAdminPort } from '../admin-port';
import type { GatewayConfig } from '../config/gateway-config';
import { GatewayConfigLoader } from '../config/gateway-config-loader';
import { explainFailure } from '../explain-failure';
import { GatewayLedger } from '../ledger/gateway-ledger';
import { loadTlsMaterial } from '../listener/tls-material';
import { TRAFFIC_LIMITS } from '../traffic/limits';
import { FileReader } from './file-reader';
import type { GatewayLink } from './gateway-link';
import { LedgerService } from './ledger-service';
import { RELOAD_MS, SWEEP_MS } from './limits';
import type { News, Questions } from './messages';
import { RouteService } from './route-service';
import { WorkerLinks } from './worker-links';
import { CrewHealth, CrewMetrics } from './worker-readings';

/** A worker, as its primary has it. */
interface Worker {
  readonly pid: number;
  readonly link: GatewayLink;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  onExit(listener: (code: number | undefined) => void): void;
}

/**
 * Runs the gateway in several worker processes: starts and replaces them, keeps the ledger of what they have in common, and tells of
 * them on the admin port. Serves no client and no user itself.
 * @returns the exit code, when the last worker has ended
 * @throws when the admin port can't be opened
 */
export async function runPrimary(config: GatewayConfig, env: Environment, log: Log): Promise<0 | 1> {
  const primary = new Primary(config, env, log);
  return primary.run();
}

class Primary {
  private readonly ledger = new GatewayLedger(
    () => performance.now(),
    () => Date.now(),
  );
  private readonly claims = new LedgerService(this.ledger);
  private readonly routes = new RouteService();
  private readonly reader = new FileReader();
  private readonly loader: GatewayConfigLoader;
  private readonly supervisor: Supervisor<Worker>;
  /** Where workers listen for each other: for this user alone. */
  private readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-workers-'));
  private lastMember = 0;
  private port: number;
  private url = '';

  constructor(
    private readonly config: GatewayConfig,
    env: Environment,
    private readonly log: Log,
  ) {
    this.port = config.bind.port;
    this.loader = new GatewayConfigLoader(env, config.file, this.reader.readText);
    this.supervisor = new Supervisor<Worker>({
      count: config.workers,
      // They send what they have counted last, too.
      shutdownTimeoutMs: config.shutdownMs + TRAFFIC_LIMITS.drainMs,
      log,
      fork: (place) => this.fork(place),
      onListening: () => {
        this.nowListens();
      },
    });
  }

  get count(): number {
    return this.config.workers;
  }

  get links(): readonly GatewayLink[] {
    return this.supervisor.workers.map(({ link }) => link);
  }

  get bindPort(): number {
    return this.port;
  }

  async run(): Promise<0 | 1> {
    const { config, log, supervisor } = this;
    const clock = new SystemClock();
    try {
      this.loader.load();
      this.reader.accept();
      const parts = { log, clock, health: new CrewHealth(this, clock), metrics: new CrewMetrics(this) };
      const admin = await openAdminPort(config.admin, parts);
      this.url = admin.url;
      this.listenToSignals();
      const sweeping = setInterval(() => {
        this.ledger.sweep();
      }, SWEEP_MS).unref();
      supervisor.start();
      const { exitCode, failure } = await supervisor.ended;
      clearInterval(sweeping);
      await admin.close();
      if (failure !== undefined) process.stderr.write(`${failure}\n`);
      return exitCode;
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }

  private fork(place: number): Worker {
    // A number: what `auto` meant may be another one by the time that a worker is replaced.
    const forked = forkWorker({ GATEWAY_WORKERS: String(this.count) });
    const link = new Link<Questions, News>(forked.channel);
    const member = (this.lastMember += 1);
    link.answer('join', () => {
      this.claims.add(member, link);
      this.routes.add(member, link);
      return { member, place, folder: this.folder, routes: this.routes.all, files: this.reader.files };
    });
    link.listen('bound', ({ port }) => {
      this.port = port;
    });
    const drop = (): void => {
      this.claims.drop(member);
      this.routes.drop(member);
      WorkerLinks.remove(this.folder, member);
    };
    // Whichever is heard first: its clients may be at another worker already.
    forked.channel.onClosed(drop);
    forked.onExit(drop);
    return { ...forked, link };
  }

  private nowListens(): void {
    const workers = this.supervisor.workers.map(({ pid }) => pid);
    this.log.info({ url: this.url, port: this.port, workers }, 'gateway listening');
    process.send?.({ type: 'listening', url: this.url, bindPort: this.port });
  }

  private listenToSignals(): void {
    let stopping = false;
    const stop = (reason: string): void => {
      // Asked twice when a terminal and the launcher both pass Ctrl-C on.
      if (stopping) return;
      stopping = true;
      this.log.info({ reason }, 'gateway stopping');
      this.supervisor.stop();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('disconnect', () => {
      stop('disconnect');
    });
    process.on('SIGHUP', () => {
      this.reload().catch((error: unknown) => {
        const reason = explainFailure(error);
        this.log.error({ reason }, 'the settings could not be read again: those from before stay in force');
      });
    });
  }

  /** All workers take the new settings, or none does. */
  private async reload(): Promise<void> {
    const { config, needRestart } = this.loader.reload();
    for (const warning of config.warnings) this.log.warn({ file: config.file }, warning);
    await loadTlsMaterial(config.tls, join(config.dataDir, 'gateway'), new Date());
    this.reader.accept();
    const { now } = this.reader.files;
    await Promise.all(this.links.map((link) => link.ask('reload', now, RELOAD_MS)));
    this.log.info({ need_restart: needRestart }, 'settings read again');
  }
}
