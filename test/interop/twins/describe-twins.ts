import { errorTexts } from '@tollgate/frp-wire';
import { eventually } from '../../support/eventually';
import { freePort } from '../../support/free-port';
import { FrpClient } from '../../support/frp-client';
import { type ExchangeService, startExchangeService } from '../matrix/exchange-service';
import { exchange } from '../matrix/exchange-user';
import { patternSha256 } from '../matrix/pattern';
import type { RunningServer, ServerPlan } from '../matrix/plans';

export const TWIN_TOKEN = 'twin-token';
export const USER = 'alice';
export const CLIENT_ID = 'desk';
/** What the server calls a proxy `web` of that user. */
export const PROXY = `${USER}.web`;
const BYTES = 20_000;
const SERVES_MS = 10_000;

/** Who a client says it is. */
type Login = NonNullable<Parameters<typeof FrpClient.connect>[0]['login']>;

/** A server, a service, and the port that leads from one to the other. */
export class TwinSite {
  service!: ExchangeService;
  serverPort = 0;
  remotePort = 0;
  private server: RunningServer | undefined;

  async start(startServer: (plan: ServerPlan) => Promise<RunningServer>, mux: boolean): Promise<void> {
    [this.serverPort, this.remotePort] = [await freePort(), await freePort()];
    this.service = await startExchangeService();
    this.server = await startServer({ token: TWIN_TOKEN, mux, bindPort: this.serverPort });
  }

  async stop(): Promise<void> {
    await this.server?.stop();
    await this.service.stop();
  }

  /** Users get through, and what they send is unharmed. */
  async serves(withinMs = SERVES_MS): Promise<void> {
    await eventually(withinMs, async () => {
      expect(await exchange(this.remotePort, BYTES)).toEqual({
        atUser: patternSha256('service', BYTES),
        atService: patternSha256('user', BYTES),
      });
    });
  }
}

/** What becomes of two clients of ours with one name, of whatever kind. */
export function describeTwins(startServer: (plan: ServerPlan) => Promise<RunningServer>): void {
  describe.each([true, false])('two clients that say they are the same, with tcpMux = %s', (mux) => {
    const site = new TwinSite();
    const clients: FrpClient[] = [];

    beforeEach(async () => site.start(startServer, mux));

    afterEach(async () => {
      for (const client of clients.splice(0)) client.kill();
      await site.stop();
    });

    async function connect(login: Login = {}): Promise<FrpClient> {
      const client = await FrpClient.connect({ port: site.serverPort, token: TWIN_TOKEN, mux, login });
      clients.push(client);
      return client;
    }

    async function serve(client: FrpClient): Promise<string> {
      const local = { port: site.service.port };
      return (await client.addProxy({ name: PROXY, type: 'tcp', remotePort: site.remotePort, local })).error;
    }

    it.each<[string, Login]>([
      ['without a client id', {}],
      ['with one', { user: USER, clientId: CLIENT_ID }],
    ])('by run id: the first is sent away, and the second finds its name and port free, %s', async (_what, login) => {
      const first = await connect(login);
      expect(await serve(first)).toBe('');
      const second = await connect({ ...login, runId: first.runId });
      expect(second.runId).toBe(first.runId);
      expect(await serve(second)).toBe('');
      await first.closed;
      await site.serves();
      expect(await second.ping()).toBe('');
    });

    it('by user and client id: the second is refused until the first has left, who is not disturbed', async () => {
      const login = { user: USER, clientId: CLIENT_ID };
      const first = await connect(login);
      expect(await serve(first)).toBe('');
      await expect(connect(login)).rejects.toThrow(errorTexts.loginClientIdOnline(CLIENT_ID, USER));
      expect(await first.ping()).toBe('');
      await site.serves();

      await first.close();
      await eventually(SERVES_MS, async () => {
        expect(await serve(await connect(login))).toBe('');
      });
      await site.serves();
    });

    it('by user and proxy only: both are there, and the name is of the first', async () => {
      const first = await connect({ user: USER });
      expect(await serve(first)).toBe('');
      const second = await connect({ user: USER });
      expect(second.runId).not.toBe(first.runId);
      expect(await serve(second)).toBe(errorTexts.proxyExists(PROXY));
      expect([await first.ping(), await second.ping()]).toEqual(['', '']);
      await site.serves();
    });
  });
}
