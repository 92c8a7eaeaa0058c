import type { Socket } from 'node:net';
import { freePort } from '../free-port';
import { type GatewayProcess, type StartGatewayOptions, startGateway } from '../gateway-process';
import { type LocalEnd, newUser, startLocalEnd } from './local-ends';
import type { FlowClient, FlowClientPlan, FlowProxy } from './tunnel-client';

type StartClient = (plan: FlowClientPlan) => Promise<FlowClient>;

/** A gateway, its clients, the services behind them and their users. */
export class FlowSite {
  gateway!: GatewayProcess;
  bindPort = 0;
  httpPort = 0;
  readonly users: Socket[] = [];
  private readonly clients: FlowClient[] = [];
  private readonly ends: LocalEnd[] = [];

  /** @param token what its clients log in with */
  constructor(
    private readonly startClient: StartClient,
    private readonly token: string,
  ) {}

  /** @param toml of the gateway, but for its ports */
  async start(toml: string, options: StartGatewayOptions = {}): Promise<void> {
    [this.bindPort, this.httpPort] = [await freePort(), await freePort()];
    const ports = `bindPort = ${String(this.bindPort)}\nvhostHTTPPort = ${String(this.httpPort)}\n`;
    this.gateway = await startGateway(ports + toml, options);
  }

  async stop(): Promise<void> {
    for (const user of this.users.splice(0)) user.destroy();
    await Promise.all(this.clients.splice(0).map(async (client) => client.stop()));
    await Promise.all(this.ends.splice(0).map(async (end) => end.stop()));
    await this.gateway.stop();
  }

  async end(serve: (socket: Socket) => void): Promise<LocalEnd> {
    const started = await startLocalEnd(serve);
    this.ends.push(started);
    return started;
  }

  async connect(
    proxies: readonly FlowProxy[],
    { mux = true, tls = true, serverPort = this.bindPort } = {},
  ): Promise<void> {
    this.clients.push(await this.startClient({ serverPort, token: this.token, mux, tls, proxies }));
  }

  async user(port: number, says?: string): Promise<Socket> {
    const socket = await newUser(port, says);
    this.users.push(socket);
    return socket;
  }
}
