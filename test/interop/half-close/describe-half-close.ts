import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import { ENCODINGS } from '../matrix/cells';
import type { ClientPlan, RunningClient, RunningServer, ServerPlan } from '../matrix/plans';

const TOKEN = 'half-close-token';
const MEGABYTE = 1_048_576;
const ENDS_MS = 5_000;

interface Ends {
  readonly startServer: (plan: ServerPlan) => Promise<RunningServer>;
  readonly startClient: (plan: ClientPlan) => Promise<RunningClient>;
}

/** One end of a connection that never closes by itself, and what has come to it. */
class Listener {
  received = 0;
  hasEnd = false;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.received += chunk.length;
    });
    socket.on('end', () => {
      this.hasEnd = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }
}

/**
 * That one end which has said all closes both ways, as frp has it (`Join` of golib): whatever it has sent arrives, what would be
 * sent to it does not.
 */
export function describeHalfClose({ startServer, startClient }: Ends): void {
  describe.each([true, false])('an end that sends no more, with tcpMux = %s', (mux) => {
    let server: RunningServer;
    let client: RunningClient;
    let service: Server;
    let serve: (socket: Socket) => void;
    const ports = new Map<string, number>();
    const sockets: Socket[] = [];

    beforeAll(async () => {
      service = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.push(socket);
        serve(socket);
      });
      await once(service.listen(0, '127.0.0.1'), 'listening');
      const serverPort = await freePort();
      for (const { name } of ENCODINGS) ports.set(name, await freePort());
      server = await startServer({ token: TOKEN, mux, bindPort: serverPort });
      const localPort = (service.address() as AddressInfo).port;
      const proxies = ENCODINGS.map((encoding) => ({
        ...encoding,
        type: 'tcp',
        localPort,
        remotePort: ports.get(encoding.name) ?? 0,
      }));
      client = await startClient({ wire: 'v1', mux, tls: 'on', transport: 'tcp', serverPort, token: TOKEN, proxies });
    });

    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.destroy();
    });

    afterAll(async () => {
      await client.stop();
      await server.stop();
      service.close();
      await once(service, 'close');
    });

    /** Both ends of a new connection, neither of which answers an end with its own. */
    async function join(name: string): Promise<readonly [user: Listener, service: Listener]> {
      const accepted = new Promise<Listener>((resolve) => {
        serve = (socket) => {
          resolve(new Listener(socket));
        };
      });
      const socket = connect({ port: ports.get(name) ?? 0, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      const user = new Listener(socket);
      return [user, await accepted];
    }

    it.each(ENCODINGS)(
      'is the user: the service gets all of it and the end, the user no answer any more, $name',
      async ({ name }) => {
        const [user, at] = await join(name);
        at.socket.on('end', () => at.socket.write('an answer that comes too late'));
        user.socket.end(Buffer.alloc(MEGABYTE, 'request '));
        await eventually(ENDS_MS, async () => {
          expect(at).toMatchObject({ received: MEGABYTE, hasEnd: true });
          expect(user).toMatchObject({ received: 0, hasEnd: true, isClosed: true });
        });
      },
    );

    it.each(ENCODINGS)(
      'is the service: the user gets all of it and the end, and so does the service, $name',
      async ({ name }) => {
        const [user, at] = await join(name);
        at.socket.end(Buffer.alloc(MEGABYTE, 'answer '));
        await eventually(ENDS_MS, async () => {
          expect(user).toMatchObject({ received: MEGABYTE, hasEnd: true });
          expect(at).toMatchObject({ received: 0, isClosed: true });
        });
        user.socket.end('a question that comes too late');
        await eventually(ENDS_MS, async () => {
          expect(user.isClosed).toBe(true);
        });
        expect(at.received).toBe(0);
      },
    );
  });
}
