import { ALL_PORTS } from '@tollgate/tunnel-tokens';
import type { ClientsConfig, PortsConfig, TlsFiles, VhostConfig } from '../gateway-config';
import { readPortSet } from '../port-sets';
import { type AuthOptions, readAuthOptions } from './auth-options';
import type { OptionReader } from './option-reader';

const SECOND_MS = 1_000;
/** In seconds: as milliseconds they still are 32 bits, which is all that timers and sockets take. */
const MAX_SECONDS = 2_147_483;

const DEFAULT_BIND_PORT = 7_000;
const FILE_LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** The options of frps that have an effect here, with frps's defaults. */
export interface ServerOptions {
  readonly bindHost: string;
  readonly bindPort: number;
  readonly proxyHost: string;
  readonly logLevel?: string;
  readonly forceTls: boolean;
  readonly tls: TlsFiles;
  readonly auth: AuthOptions;
  readonly clients: ClientsConfig;
  readonly vhost: VhostConfig;
  readonly ports: PortsConfig;
}

/** Reads them. Where frps takes 0 for its default, so do we (frp `pkg/config/v1/server.go`, `Complete`). */
export function readServerOptions(reader: OptionReader): ServerOptions {
  const bindHost = reader.text('bindAddr') ?? '0.0.0.0';
  const logLevel = reader.choice('log.level', FILE_LOG_LEVELS);
  const tls = readTlsFiles(reader, 'transport.tls');
  const force = reader.flag('transport.tls.force') ?? false;
  const auth = readAuthOptions(reader);
  const allowed = readPortSet(reader, 'allowPorts');
  const maxPerClient = reader.integer('maxPortsPerClient', { min: 0 }) ?? 0;
  return {
    bindHost,
    bindPort: orDefault(reader.port('bindPort'), DEFAULT_BIND_PORT),
    proxyHost: reader.text('proxyBindAddr') ?? bindHost,
    ...(logLevel === undefined ? {} : { logLevel }),
    // Who asks for certificates means TLS.
    forceTls: force || tls.trustedCaFile !== undefined,
    tls,
    auth,
    clients: readClientOptions(reader, auth),
    vhost: readVhostOptions(reader),
    ports: { allowed: allowed ?? ALL_PORTS, maxPerClient },
  };
}

/** Reads a table of `certFile`, `keyFile` and `trustedCaFile`. */
export function readTlsFiles(reader: OptionReader, table: string): TlsFiles {
  const certFile = reader.text(`${table}.certFile`);
  const keyFile = reader.text(`${table}.keyFile`);
  const trustedCaFile = reader.text(`${table}.trustedCaFile`);
  return {
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(trustedCaFile === undefined ? {} : { trustedCaFile }),
  };
}

function readClientOptions(reader: OptionReader, auth: AuthOptions): ClientsConfig {
  // Read for its type alone: clients with and without it are told apart by their first bytes.
  reader.flag('transport.tcpMux');
  const anySeconds = { max: MAX_SECONDS };
  const keepalive = orDefault(reader.integer('transport.tcpKeepalive', anySeconds), 7_200);
  const heartbeat = orDefault(reader.integer('transport.heartbeatTimeout', anySeconds), 90);
  return {
    heartbeatTimeoutMs: Math.max(0, heartbeat) * SECOND_MS,
    muxKeepAliveMs: secondsOf(reader, 'transport.tcpMuxKeepaliveInterval', 30) * SECOND_MS,
    tcpKeepaliveSeconds: Math.max(0, keepalive),
    maxPoolCount: orDefault(reader.integer('transport.maxPoolCount', { min: 0, max: 10_000 }), 5),
    userConnTimeoutMs: secondsOf(reader, 'userConnTimeout', 10) * SECOND_MS,
    udpPacketBytes: orDefault(reader.integer('udpPacketSize', { min: 0, max: 65_535 }), 1_500),
    detailedErrors: reader.flag('detailedErrorsToClient') ?? true,
    authenticatesHeartbeats: auth.authenticatesHeartbeats,
    authenticatesWorkConns: auth.authenticatesWorkConns,
  };
}

function readVhostOptions(reader: OptionReader): VhostConfig {
  const subDomainHost = reader.text('subDomainHost')?.toLowerCase();
  const custom404Page = reader.text('custom404Page');
  return {
    httpPort: reader.port('vhostHTTPPort') ?? 0,
    httpsPort: reader.port('vhostHTTPSPort') ?? 0,
    responseHeaderTimeoutMs: secondsOf(reader, 'vhostHTTPTimeout', 60) * SECOND_MS,
    ...(subDomainHost === undefined ? {} : { subDomainHost }),
    ...(custom404Page === undefined ? {} : { custom404Page }),
  };
}

function secondsOf(reader: OptionReader, path: string, fallback: number): number {
  return orDefault(reader.integer(path, { min: 0, max: MAX_SECONDS }), fallback);
}

function orDefault(value: number | undefined, fallback: number): number {
  return value === undefined || value === 0 ? fallback : value;
}
