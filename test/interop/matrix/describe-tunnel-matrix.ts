import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { eventually } from '../../support/eventually';
import {
  CONNECTIONS,
  ENCODINGS,
  LARGE_CELLS,
  nameOf,
  PREFIXED_CONNECTIONS,
  TEXT_CONNECTIONS,
  WSS_CONNECTIONS,
} from './cells';
import { echoed } from './datagrams';
import { describeRefusals } from './describe-refusals';
import { exchange } from './exchange-user';
import { type LocalServices, startLocalServices } from './local-services';
import { patternSha256 } from './pattern';
import type { ConnectionPlan, RunningClient, RunningServer } from './plans';
import { freePort } from '../../support/free-port';
import type { TunnelMatrix } from './tunnel-matrix';
import { askHttp, echoedByTls } from './web-services';

const TOKEN = 'matrix-token';
const HTTP_HOST = 'web.matrix.example';
const HTTPS_HOST = 'tls.matrix.example';
const MEGABYTE = 1_048_576;
const GIGABYTE = 1_073_741_824;
const LARGE_TIMEOUT_MS = 600_000;

/** Every way of connecting with every kind of proxy, and what is refused. The same cells for every pair. */
export function describeTunnelMatrix(matrix: TunnelMatrix): void {
  describe.each([true, false])('with a server that has tcpMux = %s', (mux) => {
    const fixture = new MatrixFixture(matrix, mux);
    beforeAll(async () => fixture.start());
    afterAll(async () => fixture.stop());

    const connections = [
      ...CONNECTIONS,
      ...PREFIXED_CONNECTIONS,
      ...(matrix.serverTakesWss ? WSS_CONNECTIONS : []),
      ...(matrix.clientSendsAnything ? TEXT_CONNECTIONS : []),
    ];
    for (const connection of connections.filter((each) => each.mux === mux)) {
      describe(nameOf(connection), () => {
        describeCell(fixture, connection);
      });
    }

    if (process.env['INTEROP_GIGABYTE'] === '1') {
      for (const { encoding, ...connection } of LARGE_CELLS.filter((each) => each.mux === mux)) {
        describe(nameOf(connection), () => {
          describeLarge(fixture, connection, encoding);
        });
      }
    }
  });

  describeRefusals(matrix);
}

/** The server of a matrix and what its proxies lead to; the client of the cell at hand. */
class MatrixFixture {
  services!: LocalServices;
  httpPort = 0;
  httpsPort = 0;
  private server: RunningServer | undefined;
  private client: RunningClient | undefined;
  private serverPort = 0;
  private ports: Readonly<Record<string, number>> = {};

  constructor(
    private readonly matrix: TunnelMatrix,
    private readonly mux: boolean,
  ) {}

  async start(): Promise<void> {
    this.serverPort = await freePort();
    this.httpPort = await freePort();
    this.httpsPort = await freePort();
    this.services = await startLocalServices();
    this.server = await this.matrix.startServer({
      token: TOKEN,
      mux: this.mux,
      bindPort: this.serverPort,
      vhostHttpPort: this.httpPort,
      vhostHttpsPort: this.httpsPort,
    });
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    await this.services.stop();
  }

  async connect(connection: ConnectionPlan): Promise<void> {
    const ports: Record<string, number> = { udp: await freePort() };
    for (const { name } of ENCODINGS) ports[name] = await freePort();
    this.ports = ports;
    const { tcp, udp, http, https } = this.services;
    this.client = await this.matrix.startClient({
      ...connection,
      serverPort: this.serverPort,
      token: TOKEN,
      proxies: [
        ...ENCODINGS.map((encoding) => ({
          ...encoding,
          type: 'tcp',
          localPort: tcp.port,
          remotePort: this.portOf(encoding.name),
        })),
        { name: 'udp', type: 'udp', localPort: udp.port, remotePort: this.portOf('udp') },
        { name: 'http', type: 'http', localPort: http.port, customDomain: HTTP_HOST },
        { name: 'https', type: 'https', localPort: https.port, customDomain: HTTPS_HOST },
      ],
    });
  }

  /** What the server did not want of the client. */
  refused(): Pick<RunningClient, 'loginError' | 'proxyErrors'> {
    const { loginError, proxyErrors = {} } = this.client ?? {};
    return { proxyErrors, ...(loginError !== undefined && { loginError }) };
  }

  async disconnect(): Promise<void> {
    await this.client?.stop();
    this.client = undefined;
  }

  /** Where the users of a tcp or udp proxy connect. */
  portOf(proxy: string): number {
    return this.ports[proxy] ?? 0;
  }
}

function describeCell(fixture: MatrixFixture, connection: ConnectionPlan): void {
  beforeAll(async () => fixture.connect(connection));
  afterAll(async () => fixture.disconnect());

  it('takes the login and every proxy', () => {
    expect(fixture.refused()).toEqual({ proxyErrors: {} });
  });

  it('carries datagrams and their answers from the moment on when the proxy is registered', async () => {
    const contents = [1, 100, 1400].map((bytes) => Buffer.alloc(bytes, 'datagram '));
    expect(await echoed(fixture.portOf('udp'), contents)).toEqual(contents);
  });

  it.each(ENCODINGS)('carries a byte and a megabyte, both ways at once, $name', async ({ name }) => {
    for (const bytes of [1, MEGABYTE]) {
      expect(await exchange(fixture.portOf(name), bytes)).toEqual(unharmed(bytes));
    }
  });

  it('delivers what the service sent before it closed, and tells it when a user leaves', async () => {
    const port = fixture.portOf('encrypted-compressed');
    expect(await exchange(port, MEGABYTE, { serviceCloses: true })).toEqual(unharmed(MEGABYTE));
    const { tcp } = fixture.services;
    await exchange(port, 1, {
      beforeLeaving: () => {
        expect(tcp.users()).toBeGreaterThan(0);
      },
    });
    await eventually(2000, async () => {
      expect(tcp.users()).toBe(0);
    });
  });

  it('carries several users at once and mixes none of them up', async () => {
    const sizes = [1, 1000, 65_536, 70_000, 200_000, MEGABYTE];
    const port = fixture.portOf('plain');
    const exchanged = await Promise.all(sizes.map(async (bytes) => exchange(port, bytes)));
    expect(exchanged).toEqual(sizes.map(unharmed));
  });

  it('carries requests of a virtual host', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (const bytes of [0, 1, 300_000]) {
        const body = Buffer.alloc(bytes, 'request ');
        const sha256 = createHash('sha256').update(body).digest('hex');
        expect(await askHttp(fixture.httpPort, HTTP_HOST, agent, body)).toEqual({
          status: 200,
          body: `POST ${HTTP_HOST} ${sha256}`,
        });
      }
    } finally {
      agent.destroy();
    }
  });

  it('carries TLS to the service that its server name says', async () => {
    const sent = Buffer.alloc(100_000, 'inside TLS ');
    expect(await echoedByTls(fixture.httpsPort, HTTPS_HOST, sent)).toEqual(sent);
  });
}

function describeLarge(fixture: MatrixFixture, connection: ConnectionPlan, encoding: string): void {
  beforeAll(async () => fixture.connect(connection));
  afterAll(async () => fixture.disconnect());

  it(
    `carries a gigabyte, both ways at once, ${encoding}`,
    async () => {
      expect(await exchange(fixture.portOf(encoding), GIGABYTE)).toEqual(unharmed(GIGABYTE));
    },
    LARGE_TIMEOUT_MS,
  );
}

function unharmed(bytes: number): { atUser: string; atService: string } {
  return { atUser: patternSha256('service', bytes), atService: patternSha256('user', bytes) };
}
