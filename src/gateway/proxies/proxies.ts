import { isPlainText } from '@tollgate/domain';
import { type MessageOf, type OutgoingMessage, errorTexts } from '@tollgate/frp-wire';
import type { Log } from '@tollgate/observability';
import { TokenBucket } from '@tollgate/stream-kit';
import { type TenantTokenSource, type TunnelToken, parseBandwidthLimit } from '@tollgate/tunnel-tokens';
import type { ClientSession } from '../control/client-session';
import type { GatewayRuntime } from '../gateway-runtime';
import type { LedgerAccess } from '../ledger/ledger-access';
import { PortRefusedError } from '../ports/port-book';
import type { TrafficCounter } from '../traffic/traffic-counter';
import { claimPlace } from './claim-place';
import { type Proxy, ProxyRefusedError } from './proxy';
import type { MonthGate, ProxyContext } from './proxy-context';
import { SharedUses } from './shared-uses';
import type { Ticking } from '../ticker';
import { TenantUse } from './tenant-use';

/** Makes the proxies of one type. */
export interface ProxyType {
  /** Ports that one takes. */
  readonly ports: number;
  /** @throws ProxyRefusedError, PortRefusedError */
  open(context: ProxyContext, token: TunnelToken): Promise<Proxy> | Proxy;
}

/** Counts traffic. */
export interface ProxyTraffic {
  counterFor(token: TunnelToken, proxyName: string): TrafficCounter;
  /** The proxy is over. */
  release(counter: TrafficCounter): void;
  /** One of its users' connections is over. */
  connectionClosed(counter: TrafficCounter): void;
  /** What becomes of users who come when the token's month is used up; `open` while it is not. */
  gateOf(token: TunnelToken): MonthGate;
}

/** Proxies of whatever type that there may be; further ones are refused. */
export interface ProxyLimits {
  readonly maxProxiesPerClient: number;
  /** Of all its clients. */
  readonly maxProxiesPerToken: number;
}

export interface ProxiesOptions {
  readonly runtime: GatewayRuntime;
  readonly source: TenantTokenSource;
  readonly types: ReadonlyMap<string, ProxyType>;
  readonly traffic: ProxyTraffic;
  /** Of tokens that don't say otherwise; 0: any number. */
  readonly maxPortsPerClient: number;
  readonly limits: ProxyLimits;
  /** Of all processes of the gateway; absent where this is the only one. */
  readonly ledger?: LedgerAccess | undefined;
  readonly enforceBandwidth: boolean;
  /** Whether clients are told why, or only that they are refused. */
  readonly detailedErrors: boolean;
  readonly log: Log;
}

/** Types of frp's that are not served yet. */
const LATER = new Set(['stcp', 'sudp', 'xtcp']);
const DEFAULT_TYPE = 'tcp';
const SERVER_MODE = 'server';
/** Longest name: what identifies a proxy must fit into reports, see `MAX_REPORTED_PROXY_NAME_LENGTH`, and figures. */
const MAX_NAME_LENGTH = 256;

/** What a proxy takes up. */
interface Place {
  /** Among the names. */
  readonly key: string;
  readonly use: TenantUse;
  /** Of its client. */
  readonly generation: number;
}

/** The proxies of all clients: names and counts are kept for each token, so that no tenant is in another's way. */
export class Proxies implements Ticking {
  /** Names that are taken, or about to be, each behind the id of its token. */
  private readonly names = new Set<string>();
  /** By the token's value: its id may be given another while its clients are online. */
  private readonly uses = new Map<string, TenantUse>();
  /** By value: those that are no more, as long as they use something. */
  private readonly deleted = new Map<string, TunnelToken>();
  private readonly shared: SharedUses;
  /** What each proxy has been registered with, and gives back, whatever its token is called by then. */
  private readonly places = new Map<Proxy, Place>();
  private isStopping = false;
  private limits: ProxyLimits;
  private maxPortsPerClient: number;

  constructor(private readonly options: ProxiesOptions) {
    const { limits, runtime, source, ledger } = options;
    this.shared = new SharedUses(runtime, source, ledger);
    this.limits = limits;
    this.maxPortsPerClient = options.maxPortsPerClient;
    source.onChange(({ kind, token }) => {
      if (kind === 'delete' && this.uses.has(token.token)) this.deleted.set(token.token, token);
    });
  }

  /** Forgets what tokens used that are no more. */
  tick(): void {
    for (const [value, token] of this.deleted) {
      const isBack = this.options.source.tokens.has(value);
      const shared = this.uses.get(value)?.shared;
      // What several share stays with those that are left.
      const isNeeded = shared !== undefined && !shared.isIdle && shared.tokens.size === 1;
      if (!isBack && isNeeded) continue;
      this.deleted.delete(value);
      if (isBack) continue;
      this.uses.delete(value);
      this.shared.forget(token);
    }
  }

  /** Holds for proxies that come from now on. @param count of tokens that don't say otherwise; 0: any number */
  setMaxPortsPerClient(count: number): void {
    this.maxPortsPerClient = count;
  }

  /** Holds for proxies that come from now on. */
  setLimits(limits: ProxyLimits): void {
    this.limits = limits;
  }

  get count(): number {
    return this.names.size;
  }

  /** What the clients of a token use together. */
  useOf(token: TunnelToken): TenantUse {
    let use = this.uses.get(token.token);
    if (use === undefined) {
      const { source, traffic } = this.options;
      const { use: shared, limit } = this.shared.of(token);
      use = new TenantUse(
        () => source.tokens.get(token.token),
        () => (this.isStopping ? 'refuse' : traffic.gateOf(source.tokens.get(token.token) ?? token)),
        shared,
        limit,
      );
      this.uses.set(token.token, use);
    }
    return use;
  }

  /** User connections that are open. */
  get connectionCount(): number {
    return this.shared.connectionCount;
  }

  /** For a gateway that stops. */
  takeNoMoreUsers(): void {
    this.isStopping = true;
  }

  /** Registers a proxy for a client. @returns what the client is answered */
  async open(session: ClientSession, message: MessageOf<'newProxy'>): Promise<OutgoingMessage> {
    const { proxyName } = message;
    try {
      const proxy = await this.register(session, message);
      this.options.log.info(
        { runId: session.identity.runId, proxy: proxyName, type: proxy.type, remoteAddress: proxy.remoteAddress },
        'proxy opened',
      );
      return { type: 'newProxyResp', proxyName, remoteAddr: proxy.remoteAddress };
    } catch (error) {
      if (!(error instanceof ProxyRefusedError || error instanceof PortRefusedError)) throw error;
      const text = this.options.detailedErrors ? error.message : errorTexts.proxyGeneric(proxyName);
      this.options.log.debug(
        { runId: session.identity.runId, proxy: proxyName, reason: error.message },
        'proxy refused',
      );
      return { type: 'newProxyResp', proxyName, error: text };
    }
  }

  /** The client wants it no more. */
  close(session: ClientSession, name: string): void {
    const proxy = session.proxies.get(name);
    if (proxy === undefined) return;
    session.proxies.delete(name);
    this.end(proxy);
  }

  /** The client is gone. */
  closeAll(session: ClientSession): void {
    const proxies = [...session.proxies.values()];
    session.proxies.clear();
    for (const proxy of proxies) this.end(proxy);
  }

  private async register(session: ClientSession, message: MessageOf<'newProxy'>): Promise<Proxy> {
    const { source, types, traffic, runtime, ledger } = this.options;
    const { generation } = session.identity;
    const { proxyName } = message;
    // What has been changed since the login holds for proxies that come after it.
    const token = source.tokens.get(session.identity.token.token) ?? session.identity.token;
    const type = this.typeOf(message, types);
    if (!isPlainText(proxyName, MAX_NAME_LENGTH)) {
      const rule = `1 to ${String(MAX_NAME_LENGTH)} characters, and no control characters or broken Unicode among them`;
      throw new ProxyRefusedError(`proxy name must have ${rule}`);
    }
    if (message.group !== '') throw new ProxyRefusedError('load balancing groups are not supported by this server yet');
    const use = this.useOf(token);
    this.assertRoom(session, use);
    this.assertPorts(session, token, use, type.ports);
    const key = nameKey(token, proxyName);
    if (this.names.has(key) || session.proxies.has(proxyName))
      throw new ProxyRefusedError(errorTexts.proxyExists(proxyName));
    this.names.add(key);
    use.shared.ports += type.ports;
    use.shared.proxies += 1;
    const counter = traffic.counterFor(token, proxyName);
    try {
      if (ledger !== undefined) {
        const { maxProxiesPerToken: maxProxies } = this.limits;
        await claimPlace(ledger, generation, token, { name: proxyName, ports: type.ports, maxProxies });
      }
      const bucket = this.bucketFor(token, message);
      const proxy = await type.open({ session, message, counter, bucket, gate: use, traffic, runtime }, token);
      if (session.isClosed) {
        proxy.close();
        throw new ProxyRefusedError('the client is gone');
      }
      session.proxies.set(proxyName, proxy);
      this.places.set(proxy, { key, use, generation });
      return proxy;
    } catch (error) {
      ledger?.releaseProxy(generation, proxyName);
      this.names.delete(key);
      use.shared.ports -= type.ports;
      use.shared.proxies -= 1;
      traffic.release(counter);
      throw error;
    }
  }

  private typeOf(message: MessageOf<'newProxy'>, types: ReadonlyMap<string, ProxyType>): ProxyType {
    const name = message.proxyType === '' ? DEFAULT_TYPE : message.proxyType;
    const type = types.get(name);
    if (type !== undefined) return type;
    switch (name) {
      case 'http':
        throw new ProxyRefusedError(errorTexts.proxyNoVhostHttp);
      case 'https':
        throw new ProxyRefusedError(errorTexts.proxyNoVhostHttps);
      case 'tcpmux':
        throw new ProxyRefusedError(errorTexts.proxyNoTcpmux);
      default:
        throw new ProxyRefusedError(
          LATER.has(name)
            ? `proxy type [${name}] is not supported by this server yet`
            : errorTexts.proxyUnknownType(name),
        );
    }
  }

  private assertRoom(session: ClientSession, use: TenantUse): void {
    const { maxProxiesPerClient, maxProxiesPerToken } = this.limits;
    if (session.proxies.size >= maxProxiesPerClient || use.shared.proxies >= maxProxiesPerToken) {
      throw new ProxyRefusedError('too many proxies');
    }
  }

  private assertPorts(session: ClientSession, token: TunnelToken, use: TenantUse, ports: number): void {
    if (ports === 0) return;
    const perClient = token.maxPortsPerClient ?? this.maxPortsPerClient;
    const inAll = token.maxPorts ?? 0;
    const isTooMany =
      (perClient > 0 && session.portCount + ports > perClient) || (inAll > 0 && use.shared.ports + ports > inAll);
    if (isTooMany) throw new ProxyRefusedError(errorTexts.proxyTooManyPorts);
  }

  /** The token's limit comes before the client's own; whether it is applied here is for the client to say, unless it is enforced. */
  private bucketFor(token: TunnelToken, message: MessageOf<'newProxy'>): TokenBucket | undefined {
    const isHere = message.bandwidthLimitMode === SERVER_MODE || this.options.enforceBandwidth;
    if (!isHere) return undefined;
    const ofToken = token.bandwidthLimitBytes;
    // What does not parse is no limit, as in frps.
    const bytes = ofToken > 0 ? ofToken : (parseBandwidthLimit(message.bandwidthLimit) ?? 0);
    return bytes > 0 ? new TokenBucket(bytes, this.options.runtime) : undefined;
  }

  private end(proxy: Proxy): void {
    try {
      proxy.close();
    } catch (error) {
      // The others of its client are to be closed as well, and what it held must not stay taken.
      this.options.runtime.reportFault('end of a proxy', error);
    }
    const place = this.places.get(proxy);
    if (place !== undefined) {
      this.places.delete(proxy);
      this.options.ledger?.releaseProxy(place.generation, proxy.name);
      this.names.delete(place.key);
      place.use.shared.ports -= proxy.portCount;
      place.use.shared.proxies -= 1;
    }
    this.options.traffic.release(proxy.counter);
  }
}

function nameKey({ id }: TunnelToken, proxyName: string): string {
  return `${id}/${proxyName}`;
}
