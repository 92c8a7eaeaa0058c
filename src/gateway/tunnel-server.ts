import { join } from 'node:path';
import type { Log } from '@tollgate/observability';
import { type TenantTokenSource, type TunnelToken, intersectPorts } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from './config/gateway-config';
import { LogicalStreams } from './control/logical-streams';
import { Sessions } from './control/sessions';
import type { SessionNeighbours } from './control/sessions-options';
import { FaultLog } from './fault-log';
import { GatewayRuntime } from './gateway-runtime';
import { BindListener } from './listener/bind-listener';
import { ClientTransports } from './listener/client-transports';
import { loadTlsMaterial } from './listener/tls-material';
import { PortBook } from './ports/port-book';
import type { PortDesk } from './ports/port-desk';
import { domainOwner } from './proxies/claim-routes';
import { HttpProxy } from './proxies/http-proxy';
import { HttpsProxy } from './proxies/https-proxy';
import { Proxies, type ProxyTraffic, type ProxyType } from './proxies/proxies';
import type { ProxyContext } from './proxies/proxy-context';
import { publishRoutes } from './proxies/publish-routes';
import { type PortRequest, TcpProxy } from './proxies/tcp-proxy';
import { UdpProxy } from './proxies/udp-proxy';
import { type VhostDomainRules, domainsOf } from './proxies/vhost-domains';
import { type FailedLoginLimits, FailedLogins } from './tenants/failed-logins';
import { openRunIdKey } from './tenants/run-id-key';
import { TenantLogins } from './tenants/tenant-logins';
import type { RouteClaims } from './vhost/route-claims';
import { VhostPorts } from './vhost/vhost-ports';

/** Users that may wait for work connections of one client at a time. */
const MAX_WAITING_USERS = 4_096;
/** How often ports that were remembered for long are forgotten, in milliseconds. */
const SWEEP_MS = 3_600_000;
/** How often a stopping server looks whether its last connections have ended, in milliseconds. */
const DRAIN_STEP_MS = 50;

export interface TunnelServerParts {
  readonly config: GatewayConfig;
  readonly source: TenantTokenSource;
  readonly traffic: ProxyTraffic;
  readonly log: Log;
  /** The other processes of the gateway; absent where this is the only one. */
  readonly neighbours?: Neighbours;
}

/** What the processes of a gateway have in common, as one of them sees it. */
export interface Neighbours extends SessionNeighbours {
  readonly routes: RouteClaims;
  /** Connections of users that pass through this process on their way to or from another one. */
  readonly relayedCount: number;
  /** Counts logins that failed in any of them. */
  failedLogins(limits: FailedLoginLimits, nowMs: () => number): FailedLogins;
  /** Cuts what passes through, and takes no more. */
  close(): void;
}

/** Logins by their result, and how long they took. */
export type LoginListener = (result: string, tookMs: number) => void;

/** The frp server: everything between the bind port and the ports of proxies. */
export class TunnelServer {
  readonly runtime: GatewayRuntime;
  readonly sessions: Sessions;
  readonly proxies: Proxies;
  readonly transports: ClientTransports;
  private readonly tcpPorts = new PortBook(() => Date.now());
  private readonly udpPorts = new PortBook(() => Date.now());
  readonly vhosts: VhostPorts;
  private readonly logins: TenantLogins;
  private readonly streams: LogicalStreams;
  private readonly failures: FailedLogins;
  private ports: GatewayConfig['ports'];
  private port = 0;
  private listener: BindListener | undefined;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: TunnelServerParts,
    onLogin: LoginListener,
  ) {
    const { config, source, traffic, log, neighbours } = parts;
    this.ports = config.ports;
    const faults = new FaultLog(log, () => performance.now());
    const runtime = new GatewayRuntime((where, error) => {
      faults.report(where, error);
    });
    this.runtime = runtime;
    const nowMs = (): number => runtime.nowMs();
    const wallClockMs = (): number => Date.now();
    const { clients, limits, tenants } = config;
    this.vhosts = new VhostPorts(config, runtime);
    const failureLimits = failureLimitsOf(config);
    this.failures = neighbours?.failedLogins(failureLimits, nowMs) ?? new FailedLogins(failureLimits, nowMs);
    const region = tenants.source === 'single' ? undefined : tenants.region;
    const runIdKey = openRunIdKey(join(config.dataDir, 'gateway'), log);
    this.logins = new TenantLogins({ source, region, failures: this.failures, runIdKey, wallClockMs });
    this.proxies = new Proxies({
      runtime,
      source,
      traffic,
      ledger: neighbours?.ledger,
      types: this.proxyTypes(),
      maxPortsPerClient: config.ports.maxPerClient,
      limits,
      enforceBandwidth: config.enforceBandwidth,
      detailedErrors: clients.detailedErrors,
      log,
    });
    this.sessions = new Sessions({
      runtime,
      source,
      neighbours,
      logins: this.logins,
      proxies: this.proxies,
      session: {
        maxPoolCount: clients.maxPoolCount,
        userConnectionTimeoutMs: clients.userConnTimeoutMs,
        maxWaitingUsers: MAX_WAITING_USERS,
      },
      heartbeatTimeoutMs: clients.heartbeatTimeoutMs,
      authenticatesHeartbeats: clients.authenticatesHeartbeats,
      authenticatesWorkConns: clients.authenticatesWorkConns,
      maxSessionsPerToken: limits.maxSessionsPerToken,
      detailedErrors: clients.detailedErrors,
      wallClockMs,
      onLogin,
      log,
    });
    this.streams = new LogicalStreams({
      randomBytes: runtime.randomBytes,
      roles: this.sessions,
      openingMs: limits.handshakeMs,
      nowMs,
    });
    this.transports = new ClientTransports({
      runtime,
      muxKeepAliveMs: clients.muxKeepAliveMs,
      limits,
      onStream: (stream, connection) => {
        this.streams.accept(stream, connection);
      },
    });
    for (const each of [this.sessions, this.proxies, this.streams, this.vhosts]) runtime.ticker.add(each);
  }

  /** Where clients connect: the real port, once it is open. */
  get bindPort(): number {
    return this.port;
  }

  /** Connections that were closed unheard because there were too many. */
  get refusedCount(): number {
    return this.listener?.refusedCount ?? 0;
  }

  /** Open proxies by their type. */
  countProxies(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const session of this.sessions.book.list()) {
      for (const { type } of session.proxies.values()) counts[type] = (counts[type] ?? 0) + 1;
    }
    return counts;
  }

  /** Connections that have not said yet who they are. */
  get pendingCount(): number {
    return this.listener?.pendingCount ?? 0;
  }

  /**
   * Opens the bind port.
   * @returns the port, the real one where any was asked for
   * @throws the system's error, or TlsMaterialError
   */
  async listen(): Promise<number> {
    const { config, log } = this.parts;
    const { runtime } = this;
    const tls = await loadTlsMaterial(config.tls, join(config.dataDir, 'gateway'), new Date());
    const listener = new BindListener({
      flusher: runtime.flusher,
      tls,
      forceTls: config.forceTls,
      tcpKeepaliveSeconds: config.clients.tcpKeepaliveSeconds,
      limits: config.limits,
      now: () => runtime.nowMs(),
      ...this.vhosts.shared,
      onFault: (error) => {
        runtime.reportFault('new connection', error);
      },
      onTlsFailure: (address, reason) => {
        log.debug({ address, reason }, 'a TLS handshake failed');
      },
      onTransport: (transport) => {
        this.transports.accept(transport);
      },
    });
    await this.vhosts.listen();
    const port = await listener.listen(config.bind.host, config.bind.port);
    this.listener = listener;
    this.port = port;
    runtime.ticker.add(listener);
    runtime.ticker.start();
    this.sweep = setInterval(() => {
      this.tcpPorts.sweep();
      this.udpPorts.sweep();
    }, SWEEP_MS).unref();
    return port;
  }

  /** Takes certificates, ports and limits anew, for what comes from now on. @throws TlsMaterialError */
  async reload(config: GatewayConfig): Promise<void> {
    const tls = await loadTlsMaterial(config.tls, join(config.dataDir, 'gateway'), new Date());
    this.listener?.reload(tls, config.limits);
    this.ports = config.ports;
    this.proxies.setLimits(config.limits);
    this.proxies.setMaxPortsPerClient(config.ports.maxPerClient);
    this.sessions.setLimits(config.limits);
    this.streams.setOpeningMs(config.limits.handshakeMs);
    this.transports.setLimits(config.limits);
    this.failures.setLimits(failureLimitsOf(config));
  }

  /**
   * Takes no more clients and users, lets connections of users end, and then closes all that is left.
   * @param graceMs how long connections may take
   */
  async close(graceMs: number): Promise<void> {
    this.listener?.close();
    this.vhosts.stopListening();
    this.proxies.takeNoMoreUsers();
    const deadlineMs = this.runtime.nowMs() + graceMs;
    const { neighbours } = this.parts;
    while (this.proxies.connectionCount + (neighbours?.relayedCount ?? 0) > 0 && this.runtime.nowMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
    this.sessions.close();
    neighbours?.close();
    this.vhosts.close();
    this.logins.close();
    clearInterval(this.sweep);
    this.runtime.ticker.stop();
  }

  /** Types that are absent are refused in words of their own, see {@link Proxies}. */
  private proxyTypes(): Map<string, ProxyType> {
    const { config, neighbours } = this.parts;
    const { http, https } = this.vhosts;
    const { httpPort, httpsPort, subDomainHost } = config.vhost;
    const rules: VhostDomainRules = {
      subDomainHost,
      isShared: config.tenants.source !== 'single',
      requiresClaim: config.requireDomainClaim,
    };
    const claims = neighbours?.routes;
    const tcpPorts = neighbours?.ledger.ports('tcp') ?? this.tcpPorts;
    const udpPorts = neighbours?.ledger.ports('udp') ?? this.udpPorts;
    const types = new Map<string, ProxyType>();
    types.set('tcp', {
      ports: 1,
      open: (context, token) => TcpProxy.open(context, this.portRequest(tcpPorts, token, context)),
    });
    types.set('udp', {
      ports: 1,
      open: (context, token) =>
        UdpProxy.open(context, this.portRequest(udpPorts, token, context), config.clients.udpPacketBytes),
    });
    if (http !== undefined) {
      types.set('http', {
        ports: 0,
        open: (context, token) => {
          const proxy = new HttpProxy(context, http, domainsOf(context.message, token, rules), httpPort);
          if (claims === undefined) return proxy;
          const owner = domainOwner(context.session.identity.token);
          return publishRoutes(proxy, () => claims.claimHttp(proxy.keys, owner, proxy));
        },
      });
    }
    if (https !== undefined) {
      types.set('https', {
        ports: 0,
        open: (context, token) => {
          const proxy = new HttpsProxy(context, https, domainsOf(context.message, token, rules), httpsPort);
          if (claims === undefined) return proxy;
          const owner = domainOwner(context.session.identity.token);
          return publishRoutes(proxy, () => claims.claimHttps(proxy.keys, owner, proxy));
        },
      });
    }
    return types;
  }

  private portRequest(book: PortDesk, token: TunnelToken, { message }: ProxyContext): PortRequest {
    const { ports, parts } = this;
    const allowed = token.allowPorts ?? ports.allowed;
    return {
      book,
      owner: `${token.id}/${message.proxyName}`,
      bindAddress: parts.config.proxyHost,
      allowed: ports.ceiling === undefined ? allowed : intersectPorts(allowed, ports.ceiling),
    };
  }
}

function failureLimitsOf({ limits }: GatewayConfig): FailedLoginLimits {
  return { perAddress: limits.maxLoginFailuresPerAddress, inTotal: limits.maxLoginFailures };
}
