import { readFileSync } from 'node:fs';
import { type Environment, SettingsError, deepFreeze, readSettings } from '@tollgate/config';
import { gatewayVariables } from './environment';
import { readLaterOptions } from './file/later-options';
import { OptionReader } from './file/option-reader';
import { ConfigSyntaxError, type ConfigTree, parseConfigFile } from './file/parse-config-file';
import { type ServerOptions, readServerOptions } from './file/server-options';
import { changedRestartOptions } from './file/restart-options';
import type { GatewayConfig, TlsFiles } from './gateway-config';
import { readLimits } from './gateway-limits';
import { checkPorts } from './port-conflicts';
import { type SettingSources, SettingsReport, settingSources } from './setting-sources';
import { readTenants, readTraffic } from './tenants-options';

/** What a second reading found. */
export interface GatewayReload {
  /** As before, but for the certificates' paths, the ports that tenants may take, and the limits. */
  readonly config: GatewayConfig;
  /** Options of the file that were changed too and have no effect before a restart. */
  readonly needRestart: readonly string[];
}

/** The config as the plain value it is. */
type Settings = { readonly [K in keyof GatewayConfig]: GatewayConfig[K] };

interface Reading {
  readonly config: Settings;
  /** What the file held. */
  readonly options: ReadonlyMap<string, unknown>;
}

/** Reads the gateway's settings at its start, and again when it is told to. */
export class GatewayConfigLoader {
  private running: Reading | undefined;

  /**
   * @param env the process's environment, whose variables go before the file
   * @param file path of a configuration of frps, in TOML, YAML or JSON; without one there is the environment alone
   * @param readText of the file
   */
  constructor(
    private readonly env: Environment,
    private readonly file?: string,
    private readonly readText: (path: string) => string = (path) => readFileSync(path, 'utf8'),
  ) {}

  /** @throws SettingsError that names every wrong variable and option at once, never a secret's value */
  load(): GatewayConfig {
    this.running = this.read();
    return this.running.config;
  }

  /**
   * Reads the file again. What can't change while the gateway runs stays as it is, and so does everything when the file is faulty.
   * @throws SettingsError as {@link load} does
   */
  reload(): GatewayReload {
    const before = this.running ?? this.read();
    const after = this.read();
    const config: Settings = deepFreeze({
      ...before.config,
      warnings: after.config.warnings,
      tls: { ...after.config.tls, ...trustedCaOf(before.config.tls) },
      ports: after.config.ports,
      limits: after.config.limits,
    });
    // The options stay those of the start: until a restart they are what is in force.
    this.running = { config, options: before.options };
    return { config, needRestart: changedRestartOptions(before.options, after.options, this.env) };
  }

  private read(): Reading {
    const report = new SettingsReport();
    const { values: variables, problems } = readSettings(gatewayVariables, this.env);
    for (const { variable, rule } of problems) report.add(variable, rule);
    const tree = this.readTree(report);
    // Without the file nobody knows what is missing; what is wrong in the environment is told all the same.
    if (tree === undefined) throw new SettingsError(report.problems, this.place);

    const reader = new OptionReader(tree, (option, rule) => {
      report.add(`${this.file ?? ''}: ${option}`, rule);
    });
    const sources = settingSources(this.env, variables, { path: this.file, reader }, report);
    const config = this.assemble(sources, readServerOptions(reader), report);
    const unknown = reader.unknown();
    if (report.problems.length > 0) throw new SettingsError(report.problems, this.place);
    for (const option of unknown) report.warn(option, 'is unknown and has no effect');
    return { config: deepFreeze({ ...config, warnings: report.warnings }), options: reader.found };
  }

  private assemble(sources: SettingSources, server: ServerOptions, report: SettingsReport): Settings {
    const { variables, reader, isGiven } = sources;
    checkCertificate(server.tls, reader);
    readLaterOptions(reader, report.warn);
    const ceiling = variables.GATEWAY_HARD_ALLOW_PORTS;
    const { logLevel = 'info' } = isGiven('LOG_LEVEL') ? {} : server;
    const config: Settings = {
      file: this.file,
      warnings: [],
      logLevel: isGiven('LOG_LEVEL') ? (variables.LOG_LEVEL ?? logLevel) : logLevel,
      dataDir: variables.DATA_DIR ?? '',
      masterKeys: readMasterKeys(sources),
      redis: variables.REDIS_URL && { url: variables.REDIS_URL, keyPrefix: variables.REDIS_KEY_PREFIX ?? '' },
      workers: variables.GATEWAY_WORKERS ?? 1,
      shutdownMs: variables.SHUTDOWN_TIMEOUT ?? 0,
      admin: { host: variables.GATEWAY_ADMIN_HOST ?? '', port: variables.GATEWAY_ADMIN_PORT ?? 0 },
      bind: { host: server.bindHost, port: variables.BIND_PORT ?? server.bindPort },
      proxyHost: server.proxyHost,
      forceTls: server.forceTls,
      tls: server.tls,
      clients: server.clients,
      vhost: server.vhost,
      ports: { ...server.ports, ...(ceiling === undefined ? {} : { ceiling }) },
      tenants: readTenants(sources, server.auth),
      enforceBandwidth: variables.GATEWAY_ENFORCE_BANDWIDTH ?? false,
      requireDomainClaim: variables.GATEWAY_REQUIRE_DOMAIN_CLAIM ?? false,
      traffic: readTraffic(sources),
      limits: readLimits(reader, variables, sources),
    };
    checkPorts(config, sources);
    return config;
  }

  /** @returns `undefined` when the file can't be read, which is reported */
  private readTree(report: SettingsReport): ConfigTree | undefined {
    if (this.file === undefined) return {};
    try {
      return parseConfigFile(this.readText(this.file), this.file, this.env);
    } catch (error) {
      if (error instanceof ConfigSyntaxError) report.add(this.file, error.message);
      else report.add(this.file, `can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown fault'})`);
      return undefined;
    }
  }

  private get place(): string {
    return this.file === undefined ? 'the environment' : 'the environment and the configuration file';
  }
}

function checkCertificate({ certFile, keyFile }: TlsFiles, reader: OptionReader): void {
  const other = 'must be set together with transport.tls.';
  if (certFile !== undefined && keyFile === undefined) reader.refuse('transport.tls.keyFile', `${other}certFile`);
  if (keyFile !== undefined && certFile === undefined) reader.refuse('transport.tls.certFile', `${other}keyFile`);
}

function readMasterKeys({ variables, report }: SettingSources): GatewayConfig['masterKeys'] {
  const { MASTER_KEY: keys, MASTER_KEY_FILE: file } = variables;
  if (keys !== undefined && file !== undefined) {
    report('MASTER_KEY_FILE', 'must not be set together with MASTER_KEY');
  }
  return { ...(keys === undefined ? {} : { keys }), ...(file === undefined ? {} : { file }) };
}

/** Whether clients must show certificates is decided at the start. */
function trustedCaOf({ trustedCaFile }: TlsFiles): TlsFiles {
  return trustedCaFile === undefined ? {} : { trustedCaFile };
}
