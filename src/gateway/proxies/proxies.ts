import { type MessageOf, type OutgoingMessage, errorTexts } from '@tollgate/frp-wire';
import type { Log } from '@tollgate/observability';
import { TokenBucket } from '@tollgate/stream-kit';
import { type TenantTokenSource, type TunnelToken, parseBandwidthLimit } from '@tollgate/tunnel-tokens';
import type { ClientSession } from '../control/client-session';
import type { GatewayRuntime } from '../gateway-runtime';
import { PortRefusedError } from '../ports/port-book';
import type { TrafficCounter } from '../traffic/traffic-counter';
import { type Proxy, ProxyRefusedError } from './proxy';
import type { MonthGate, ProxyContext } from './proxy-context';
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

export interface ProxiesOptions {
  readonly runtime: GatewayRuntime;
  readonly source: TenantTokenSource;
  readonly types: ReadonlyMap<string, ProxyType>;
  readonly traffic: ProxyTraffic;
  /** Of tokens that don't say otherwise; 0: any number. */
  readonly maxPortsPerClient: number;
  readonly enforceBandwidth: boolean;
  /** Whether clients are told why, or only that they are refused. */
  readonly detailedErrors: boolean;
  readonly log: Log;
}

/** Types of frp's that are not served yet. */
const LATER = new Set(['stcp', 'sudp', 'xtcp']);
const DEFAULT_TYPE = 'tcp';
const SERVER_MODE = 'server';
/** Longest name: what identifies a proxy must fit into reports and figures. */
const MAX_NAME_LENGTH = 256;

/** The proxies of all clients: names and counts are kept for each token, so that no tenant is in another's way. */
export class Proxies {
  /** Names that are taken, or about to be, each behind the id of its token. */
  private readonly names = new Set<string>();
  private readonly uses = new Map<string, TenantUse>();
  private isStopping = false;

  constructor(private readonly options: ProxiesOptions) {}

  get count(): number {
    return this.names.size;
  }

  /** What the clients of a token use together. */
  useOf(token: TunnelToken): TenantUse {
    let use = this.uses.get(token.id);
    if (use === undefined) {
      const { source, traffic, runtime } = this.options;
      use = new TenantUse(
        () => source.tokens.get(token.token),
        () => (this.isStopping ? 'refuse' : traffic.gateOf(source.tokens.get(token.token) ?? token)),
        runtime,
      );
      this.uses.set(token.id, use);
    }
    return use;
  }

  /** User connections that are open. */
  get connectionCount(): number {
    let count = 0;
    for (const use of this.uses.values()) count += use.connections;
    return count;
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
    this.end(session, proxy);
  }

  /** The client is gone. */
  closeAll(session: ClientSession): void {
    const proxies = [...session.proxies.values()];
    session.proxies.clear();
    for (const proxy of proxies) this.end(session, proxy);
  }

  private async register(session: ClientSession, message: MessageOf<'newProxy'>): Promise<Proxy> {
    const { source, types, traffic, runtime } = this.options;
    const { proxyName } = message;
    // What has been changed since the login holds for proxies that come after it.
    const token = source.tokens.get(session.identity.token.token) ?? session.identity.token;
    const type = this.typeOf(message, types);
    if (proxyName === '' || proxyName.length > MAX_NAME_LENGTH) {
      throw new ProxyRefusedError(`proxy name must have 1 to ${String(MAX_NAME_LENGTH)} characters`);
    }
    if (message.group !== '') throw new ProxyRefusedError('load balancing groups are not supported by this server yet');
    const use = this.useOf(token);
    this.assertPorts(session, token, use, type.ports);
    const key = nameKey(token, proxyName);
    if (this.names.has(key)) throw new ProxyRefusedError(errorTexts.proxyExists(proxyName));
    this.names.add(key);
    use.ports += type.ports;
    const counter = traffic.counterFor(token, proxyName);
    try {
      const bucket = this.bucketFor(token, message);
      const proxy = await type.open({ session, message, counter, bucket, gate: use, traffic, runtime }, token);
      if (session.isClosed) {
        proxy.close();
        throw new ProxyRefusedError('the client is gone');
      }
      session.proxies.set(proxyName, proxy);
      return proxy;
    } catch (error) {
      this.names.delete(key);
      use.ports -= type.ports;
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

  private assertPorts(session: ClientSession, token: TunnelToken, use: TenantUse, ports: number): void {
    if (ports === 0) return;
    const perClient = token.maxPortsPerClient ?? this.options.maxPortsPerClient;
    const inAll = token.maxPorts ?? 0;
    const isTooMany =
      (perClient > 0 && session.portCount + ports > perClient) || (inAll > 0 && use.ports + ports > inAll);
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

  private end(session: ClientSession, proxy: Proxy): void {
    const { token } = session.identity;
    proxy.close();
    this.names.delete(nameKey(token, proxy.name));
    this.useOf(token).ports -= proxy.portCount;
    this.options.traffic.release(proxy.counter);
  }
}

function nameKey({ id }: TunnelToken, proxyName: string): string {
  return `${id}/${proxyName}`;
}
