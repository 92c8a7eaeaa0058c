import type { Secret } from '@tollgate/config';
import type { PortRanges } from '@tollgate/tunnel-tokens';
import type { GatewayLimits } from './gateway-limits';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** PEM files, by path. The first two are both there or neither. */
export interface TlsFiles {
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Who must have signed the other side's certificate. */
  readonly trustedCaFile?: string;
}

/** How etcd is reached. */
export interface EtcdConfig {
  /** `host:port`, with or without `http://` or `https://`; at least one. */
  readonly endpoints: readonly string[];
  /** Of the tokens' keys. */
  readonly prefix: string;
  readonly dialTimeoutMs: number;
  /** Both are there or neither. */
  readonly username?: string;
  readonly password?: Secret;
  /** Empty: whether TLS is used is for the endpoints to say. */
  readonly tls: TlsFiles;
}

/** Where tenants' tokens come from. `region` is what their `region` must be. */
export type TenantsConfig =
  | { readonly source: 'etcd'; readonly region: string; readonly etcd: EtcdConfig }
  | { readonly source: 'embedded'; readonly region: string }
  /** `auth.token`, for everyone; empty where none is set, which lets everyone in. */
  | { readonly source: 'single'; readonly token: Secret };

/** How clients are treated. */
export interface ClientsConfig {
  /** How long a client without tcpMux may send nothing on its control, in milliseconds; 0: for ever. Others are pinged by the mux. */
  readonly heartbeatTimeoutMs: number;
  /** How often a quiet mux is pinged, in milliseconds. */
  readonly muxKeepAliveMs: number;
  /** Between the system's probes of an idle connection, in seconds; 0: none. */
  readonly tcpKeepaliveSeconds: number;
  /** Work connections that a client may have waiting. */
  readonly maxPoolCount: number;
  /** How long a user waits for a work connection, in milliseconds. */
  readonly userConnTimeoutMs: number;
  readonly udpPacketBytes: number;
  /** Whether a client is told why its proxy was refused, or only that it was. */
  readonly detailedErrors: boolean;
  /** Whether heartbeats must prove the token (`auth.additionalScopes`). */
  readonly authenticatesHeartbeats: boolean;
  /** Whether new work connections must prove the token. */
  readonly authenticatesWorkConns: boolean;
}

/** http and https proxies. */
export interface VhostConfig {
  /** 0: none. May be the port of {@link GatewayConfig.bind}. */
  readonly httpPort: number;
  /** 0: none. May be the port of {@link GatewayConfig.bind}. */
  readonly httpsPort: number;
  /** How long the header of a response may take, in milliseconds. */
  readonly responseHeaderTimeoutMs: number;
  /** What follows a proxy's `subdomain` and its dot, in lower case. */
  readonly subDomainHost?: string;
  /** Path of a page. */
  readonly custom404Page?: string;
}

/** Remote ports of tcp and udp proxies. */
export interface PortsConfig {
  /** For tokens that do not say otherwise. */
  readonly allowed: PortRanges;
  /** What no token goes beyond. */
  readonly ceiling?: PortRanges;
  /** Of one client, where its token does not say otherwise; 0: any number. */
  readonly maxPerClient: number;
}

/** Reports of traffic to the outside. */
export interface TrafficConfig {
  /** Without it no reports are sent. */
  readonly reportUrl?: string;
  /** Sent as a bearer. */
  readonly reportKey?: Secret;
}

/** The gateway's settings, from the environment and a file of frps. Frozen; made by `GatewayConfigLoader`. */
export abstract class GatewayConfig {
  /** Path of the file that was read, as it was given. */
  abstract readonly file: string | undefined;
  /** Sentences about settings that are unknown or have no effect, for the log. */
  abstract readonly warnings: readonly string[];
  abstract readonly logLevel: string;
  /** Absolute. */
  abstract readonly dataDir: string;
  /** What token values of the embedded store are sealed with; neither: the installation's own file. */
  abstract readonly masterKeys: { readonly keys?: Secret; readonly file?: string };
  /** Through which gateways and the api see each other; absent: through etcd or the embedded store. */
  abstract readonly redis: { readonly url: Secret; readonly keyPrefix: string } | undefined;
  /** Processes that serve. */
  abstract readonly workers: number;
  /** How long running connections may take to end once the gateway is told to stop, in milliseconds. */
  abstract readonly shutdownMs: number;
  /** Where health and figures are served. */
  abstract readonly admin: ListenAddress;
  /** Where frp clients connect. */
  abstract readonly bind: ListenAddress;
  /** Where the ports of proxies are opened. */
  abstract readonly proxyHost: string;
  /** Whether clients without TLS are refused. */
  abstract readonly forceTls: boolean;
  /** Shown to clients; without files the gateway makes a certificate of its own. */
  abstract readonly tls: TlsFiles;
  abstract readonly clients: ClientsConfig;
  abstract readonly vhost: VhostConfig;
  abstract readonly ports: PortsConfig;
  abstract readonly tenants: TenantsConfig;
  /** Whether a token's bandwidth limit is applied here whatever its proxies say. */
  abstract readonly enforceBandwidth: boolean;
  /** Whether domains must be listed in the token that wants them. */
  abstract readonly requireDomainClaim: boolean;
  abstract readonly traffic: TrafficConfig;
  abstract readonly limits: GatewayLimits;
}
