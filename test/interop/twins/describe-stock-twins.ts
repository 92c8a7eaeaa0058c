import { spawnSync } from 'node:child_process';
import { errorTexts } from '@tollgate/frp-wire';
import { eventually } from '../../support/eventually';
import { FrpClient } from '../../support/frp-client';
import { type FrpProcess, startFrp } from '../../support/frp-process';
import { frpcToml, type RunningServer, type ServerPlan } from '../matrix/plans';
import { CLIENT_ID, PROXY, TWIN_TOKEN, TwinSite, USER } from './describe-twins';

/** frpc tries again after a second or two, and asks for a refused proxy every half a minute. */
const RETURN_MS = 60_000;
const CASE_MS = 120_000;
const LOGGED_IN = /login to server success, get run id \[([^\]]+)\]/gu;

/** What stock frpc write into their logs when there are two with one name. */
export function describeStockTwins(startServer: (plan: ServerPlan) => Promise<RunningServer>, frpc: string): void {
  describe.each([true, false])('two frpc that say they are the same, with tcpMux = %s', (mux) => {
    const site = new TwinSite();
    const running: FrpProcess[] = [];

    beforeEach(async () => site.start(startServer, mux));

    afterEach(async () => {
      await Promise.all(running.splice(0).map(async (each) => each.stop()));
      await site.stop();
    });

    /** @param identity lines of its configuration that say who it is */
    async function start(...identity: readonly string[]): Promise<FrpProcess> {
      const { serverPort, service, remotePort } = site;
      const proxies = [{ name: 'web', type: 'tcp', localPort: service.port, remotePort }];
      const plan = { wire: 'v1', mux, tls: 'on', transport: 'tcp', serverPort, token: TWIN_TOKEN, proxies } as const;
      const process = await startFrp(frpc, `${identity.join('\n')}\n${frpcToml(plan)}`);
      running.push(process);
      return process;
    }

    async function logs(process: FrpProcess, text: string, withinMs = RETURN_MS): Promise<void> {
      await eventually(withinMs, async () => {
        expect(process.output()).toContain(text);
      });
    }

    const runIdsOf = (process: FrpProcess): readonly string[] =>
      [...process.output().matchAll(LOGGED_IN)].map(([, runId = '']) => runId);

    it(
      'by run id: the first is sent away, comes back with it, and sends the second away',
      async () => {
        const first = await start(`user = "${USER}"`);
        await logs(first, 'start proxy success');
        const [runId = ''] = runIdsOf(first);
        const second = await FrpClient.connect({ port: site.serverPort, token: TWIN_TOKEN, mux, login: { runId } });
        await second.closed;
        await eventually(RETURN_MS, async () => {
          expect(runIdsOf(first)).toEqual([runId, runId]);
        });
        await site.serves(RETURN_MS);
        expect(first.output()).not.toContain('start error');
      },
      CASE_MS,
    );

    (hasClientIds(frpc) ? it : it.skip)(
      'by user and client id: the second is refused until the first has left, and then comes in by itself',
      async () => {
        const identity = [`user = "${USER}"`, `clientID = "${CLIENT_ID}"`];
        const first = await start(...identity);
        await logs(first, 'start proxy success');
        const sentence = errorTexts.loginClientIdOnline(CLIENT_ID, USER);

        const impatient = await start(...identity);
        expect(await impatient.exited).not.toBe(0);
        expect(impatient.output()).toContain(`login to the server failed: ${sentence}. With loginFailExit enabled`);

        const patient = await start(...identity, 'loginFailExit = false');
        await logs(patient, sentence);
        await site.serves();
        expect(runIdsOf(first)).toHaveLength(1);
        await first.stop();
        await logs(patient, 'start proxy success');
        await site.serves();
      },
      CASE_MS,
    );

    it(
      'by user and proxy only: the proxy of the second is refused for as long as the first has it',
      async () => {
        const first = await start(`user = "${USER}"`);
        await logs(first, 'start proxy success');
        const second = await start(`user = "${USER}"`);
        await logs(second, `start error: ${errorTexts.proxyExists(PROXY)}`);
        await site.serves();
        await first.stop();
        await logs(second, 'start proxy success');
        await site.serves();
      },
      CASE_MS,
    );
  });
}

/** Since 0.67; also where there is none at all, and all is skipped. */
function hasClientIds(frpc: string): boolean {
  if (frpc === '') return true;
  const { status, stdout } = spawnSync(frpc, ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = status === 0 ? stdout.split('.').map(Number) : [];
  return major > 0 || minor >= 67;
}
