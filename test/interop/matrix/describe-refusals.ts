import { errorTexts, type WireVersion } from '@tollgate/frp-wire';
import type { ClientPlan, RunningClient, RunningServer } from './plans';
import { freePort } from '../../support/free-port';
import type { TunnelMatrix } from './tunnel-matrix';

const TOKEN = 'refusal-token';

/** What a server says to clients that ask for what they may not have: the sentences that users know from frpc's log. */
export function describeRefusals(
  matrix: Pick<TunnelMatrix, 'startServer' | 'startClient' | 'clientSendsAnything'>,
): void {
  describe.each<WireVersion>(['v1', 'v2'])('what is refused, in %s', (wire) => {
    let server: RunningServer;
    let serverPort: number;
    let allowed: readonly [number, number, number];
    let forbidden: number;
    const clients: RunningClient[] = [];

    beforeAll(async () => {
      serverPort = await freePort();
      allowed = [await freePort(), await freePort(), await freePort()];
      forbidden = await freePort();
      server = await matrix.startServer({
        token: TOKEN,
        mux: true,
        bindPort: serverPort,
        allowPorts: allowed,
        maxPortsPerClient: 2,
      });
    });

    afterEach(async () => {
      await Promise.all(clients.splice(0).map(async (client) => client.stop()));
    });

    afterAll(async () => server.stop());

    const start = async (plan: Partial<ClientPlan>): Promise<RunningClient> => {
      const client = await matrix.startClient({
        wire,
        mux: true,
        tls: 'on',
        transport: 'tcp',
        serverPort,
        token: TOKEN,
        proxies: [],
        ...plan,
      });
      clients.push(client);
      return client;
    };
    const tcp = (name: string, remotePort: number) => ({ name, type: 'tcp', localPort: 9, remotePort });

    it('is a wrong token, at the login', async () => {
      const client = await start({ token: 'another-token', proxies: [tcp('a', allowed[0])] });
      expect(client.loginError).toBe(errorTexts.loginTokenMismatch);
    });

    it('is a port that is not allowed', async () => {
      const client = await start({ proxies: [tcp('a', forbidden), tcp('b', allowed[0])] });
      expect(client).toMatchObject({ proxyErrors: { a: errorTexts.proxyPortNotAllowed } });
      expect(Object.keys(client.proxyErrors)).toEqual(['a']);
    });

    it('is a udp port that is not allowed, with the port', async () => {
      const client = await start({ proxies: [{ ...tcp('a', forbidden), type: 'udp' }] });
      expect(client.proxyErrors).toEqual({
        a: errorTexts.proxyUdpPort(forbidden, errorTexts.proxyPortNotAllowed),
      });
    });

    it('is a port that somebody else has', async () => {
      await start({ proxies: [tcp('a', allowed[0])] });
      const client = await start({ proxies: [tcp('b', allowed[0])] });
      expect(client.proxyErrors).toEqual({ b: errorTexts.proxyPortUsed });
    });

    it('is the third port of a client that may have two', async () => {
      const client = await start({ proxies: allowed.map((port) => tcp(`on ${String(port)}`, port)) });
      // frpc asks for them in an order of its own.
      expect(Object.values(client.proxyErrors)).toEqual([errorTexts.proxyTooManyPorts]);
    });

    it('is a name that is taken', async () => {
      await start({ proxies: [tcp('a', allowed[0])] });
      const client = await start({ proxies: [tcp('a', allowed[1])] });
      expect(client.proxyErrors).toEqual({ a: errorTexts.proxyExists('a') });
    });

    it('is an http proxy where there is no port for virtual hosts', async () => {
      const client = await start({
        proxies: [
          { name: 'a', type: 'http', localPort: 9, customDomain: 'a.example' },
          { name: 'b', type: 'https', localPort: 9, customDomain: 'b.example' },
        ],
      });
      expect(client.proxyErrors).toEqual({ a: errorTexts.proxyNoVhostHttp, b: errorTexts.proxyNoVhostHttps });
    });

    if (matrix.clientSendsAnything) {
      it('is a type of proxy that there is none of', async () => {
        const client = await start({ proxies: [{ ...tcp('a', allowed[0]), type: 'gopher' }] });
        expect(client.proxyErrors).toEqual({ a: errorTexts.proxyUnknownType('gopher') });
      });
    }
  });
}
