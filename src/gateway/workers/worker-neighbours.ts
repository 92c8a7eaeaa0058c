import { v1Codec, v2Codec } from '@tollgate/frp-wire';
import type { ByteStream } from '@tollgate/stream-kit';
import { refuseStream } from '../control/refused-stream';
import type { WorkConnectionPasser } from '../control/sessions-options';
import type { FailedLoginLimits, FailedLogins } from '../tenants/failed-logins';
import type { Neighbours, TunnelServer } from '../tunnel-server';
import type { GatewayLink } from './gateway-link';
import { IpcLedger } from './ipc-ledger';
import { LEDGER_ANSWER_MS } from './limits';
import type { LinkHeader } from './link-header';
import { RemoteRoutes } from './remote-routes';
import { SharedFailedLogins } from './shared-failed-logins';
import { WorkerLinks } from './worker-links';

/** The other processes of the gateway, for a worker. */
export class WorkerNeighbours implements Neighbours {
  readonly ledger: IpcLedger;
  readonly routes: RemoteRoutes;
  private links: WorkerLinks | undefined;

  constructor(private readonly link: GatewayLink) {
    this.ledger = new IpcLedger(link);
    this.routes = new RemoteRoutes(link);
  }

  get relayedCount(): number {
    return this.links?.activeCount ?? 0;
  }

  /** Takes and brings connections from now on. @throws the system's error */
  async start(tunnels: TunnelServer, member: number, folder: string): Promise<void> {
    const { runtime, vhosts } = tunnels;
    const links = await WorkerLinks.open(folder, member, runtime, (header, stream) => {
      this.take(tunnels, header, stream);
    });
    this.links = links;
    this.routes.start(vhosts, links);
    runtime.ticker.add(this.ledger);
  }

  readonly passOn: WorkConnectionPasser = async ({ stream, codec }, message) => {
    const { links } = this;
    const member = await this.link.ask('find-session', message.runId, LEDGER_ANSWER_MS);
    if (member === null || links === undefined || member === links.member) return false;
    links.join(stream, await links.connect(member, { to: 'session', wire: codec.version, message }));
    return true;
  };

  failedLogins(limits: FailedLoginLimits, nowMs: () => number): FailedLogins {
    return new SharedFailedLogins(this.link, limits, nowMs);
  }

  close(): void {
    this.links?.close();
  }

  private take({ sessions }: TunnelServer, header: LinkHeader, stream: ByteStream): void {
    if (header.to !== 'session') {
      this.routes.take(header, stream);
      return;
    }
    const error = sessions.offer(stream, header.message, undefined);
    const codec = header.wire === 'v2' ? v2Codec : v1Codec;
    if (error !== undefined) refuseStream(stream, codec.encode({ type: 'startWorkConn', error }));
  }
}
