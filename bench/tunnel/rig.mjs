import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags, entryOf } from '../../scripts/lib/project.mjs';
import { freePort } from '../lib/free-port.mjs';
import { cpuSeconds } from '../lib/process-stats.mjs';
import { ServerProcess } from '../lib/server-process.mjs';
import { isAccepting } from './ports.mjs';

const RELAY = fileURLToPath(new URL('delay-relay.mjs', import.meta.url));
const STARTED = /start proxy success/g;
/** Times that a rig is started before that is given up. */
const STARTS = 3;
export const DOMAIN = 'bench.test';

/**
 * @typedef {object} Settings of a server and its clients; the same for both servers
 * @property {boolean} [tls] as frpc has it by default; `false`: plain
 * @property {boolean} [mux] the same
 * @property {boolean} [encryption]
 * @property {boolean} [compression]
 * @property {number} [delayMs] on the way between client and server, each way
 * @property {number} [clients] frpcs, each with a token of its own
 *
 * @typedef {object} Lab what stays the same over all rigs
 * @property {string} folder
 * @property {string} node that runs the gateway
 * @property {string} frps
 * @property {string} frpc
 * @property {string[]} tokens of the filled store
 * @property {string} dataDir the filled store
 * @property {string} reportUrl that takes reports of traffic
 * @property {{ bulk: number, http: number }} services ports
 * @property {{ server: number, load: number } | undefined} cores
 */

let rigCount = 0;

/** One server, its clients, and their proxies: fresh for every round. */
export class Rig {
  /** Of the tcp proxies that lead to the bulk service, one of each client. @type {number[]} */
  bulkPorts = [];
  /** Of the tcp proxy that leads to the HTTP service. */
  httpPort = 0;
  /** Where http proxies are asked for. */
  vhostPort = 0;
  /** @type {ServerProcess} */
  server;
  #processes = [];
  #clients = [];

  /**
   * Starts everything, and waits until all proxies are up.
   * @param {Lab} lab
   * @param {'frps' | 'ours'} kind
   * @param {Settings} settings
   * @param {Record<string, string>} env of ours
   */
  static async start(lab, kind, settings, env) {
    for (let tries = 1; ; tries += 1) {
      const rig = new Rig();
      try {
        await rig.#startServer(lab, kind, settings, env);
        return rig;
      } catch (error) {
        await rig.stop();
        // Somebody else may have taken a port since it was found free.
        if (tries === STARTS) throw error;
      }
    }
  }

  /** CPU that the server has used, in seconds. */
  cpu() {
    return cpuSeconds(this.server.pid);
  }

  /** The same for all clients. */
  clientsCpu() {
    return this.#clients.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  }

  async stop() {
    for (const each of this.#processes.reverse()) await each.stop();
  }

  async #startServer(lab, kind, settings, env) {
    const folder = join(lab.folder, `rig-${(rigCount += 1)}`);
    mkdirSync(folder);
    const bindPort = await freePort();
    this.vhostPort = await freePort();
    const config = join(folder, 'frps.toml');
    const auth = kind === 'frps' ? [`auth.token = "${lab.tokens[0]}"`] : [];
    const lines = [`bindPort = ${bindPort}`, `vhostHTTPPort = ${this.vhostPort}`, 'log.level = "warn"'];
    writeFileSync(config, [...lines, `transport.tcpMux = ${settings.mux ?? true}`, ...auth].join('\n'));
    if (kind === 'ours') cpSync(lab.dataDir, join(folder, 'data'), { recursive: true });
    const command = kind === 'frps' ? [lab.frps] : [lab.node, ...nodeFlags('gateway'), entryOf('gateway')];
    const ourEnv = {
      DATA_DIR: join(folder, 'data'),
      TENANT_SOURCE: 'embedded',
      TRAFFIC_REPORT_URL: lab.reportUrl,
      TRAFFIC_REPORT_KEY: 'bench',
      GATEWAY_ADMIN_PORT: '0',
      SHUTDOWN_TIMEOUT: '1s',
      ...env,
    };
    this.server = this.#run(lab.cores?.server, [...command, '-c', config], kind === 'frps' ? {} : ourEnv);
    if (kind === 'ours') await this.server.listening();
    await isAccepting(bindPort);
    const serverPort = settings.delayMs === undefined ? bindPort : await this.#startRelay(lab, bindPort, settings);
    for (let index = 0; index < (settings.clients ?? 1); index += 1) {
      const token = lab.tokens[kind === 'frps' ? 0 : index];
      await this.#startClient(lab, join(folder, `frpc-${index}.toml`), serverPort, token, settings, index);
    }
  }

  async #startRelay(lab, bindPort, { delayMs }) {
    const relay = this.#run(lab.cores?.load, [process.execPath, RELAY, String(bindPort), String(delayMs)], {});
    return Number(await relay.listening());
  }

  async #startClient({ frpc, cores, services }, file, serverPort, token, settings, index) {
    const { tls = true, mux = true, encryption = false, compression = false } = settings;
    const bulkPort = await freePort();
    this.bulkPorts.push(bulkPort);
    const transport = [`transport.useEncryption = ${encryption}`, `transport.useCompression = ${compression}`];
    const proxies = [
      ['bulk', 'tcp', services.bulk, `remotePort = ${bulkPort}`],
      // One client is asked for HTTP; several would claim the same domain.
      ...(index > 0
        ? []
        : [
            ['web', 'tcp', services.http, `remotePort = ${(this.httpPort = await freePort())}`],
            ['site', 'http', services.http, `customDomains = ["${DOMAIN}"]`],
          ]),
    ];
    const lines = [
      'serverAddr = "127.0.0.1"',
      `serverPort = ${serverPort}`,
      `auth.token = "${token}"`,
      `transport.tls.enable = ${tls}`,
      `transport.tcpMux = ${mux}`,
      ...proxies.flatMap(([name, type, localPort, where]) => [
        '[[proxies]]',
        `name = "${name}-${index}"`,
        `type = "${type}"`,
        `localPort = ${localPort}`,
        where,
        ...transport,
      ]),
    ];
    writeFileSync(file, lines.join('\n'));
    const client = this.#run(cores?.load, [frpc, '-c', file], {});
    this.#clients.push(client);
    await client.printed(STARTED, proxies.length);
  }

  #run(core, command, env) {
    const started = new ServerProcess({ core, command, env });
    this.#processes.push(started);
    return started;
  }
}
