import { eventually } from '../../support/eventually';
import { type FrpProcess, startFrp } from '../../support/frp-process';
import { frpcToml } from '../matrix/plans';
import { PREFIX, TenantSite } from './describe-tenant-refusals';

const LOG_MS = 60_000;
const CASE_MS = 120_000;
/** An expiry is looked at about once a second. */
const EXPIRES_IN_MS = 3_000;

type Act = (site: TenantSite, token: string) => Promise<unknown>;

const EXPIRY: Act = async (site, token) =>
  site.put(token, { expiresAt: new Date(Date.now() + EXPIRES_IN_MS).toISOString() });

/** What a stock frpc that was served writes when its token is changed under it, and that it is served again when that is undone. */
export function describeSentAway(frpc: string): void {
  describe('a frpc that is served until its token', () => {
    const site = new TenantSite();
    const running: FrpProcess[] = [];

    beforeAll(async () =>
      site.start(['disable', 'suspend', 'move', 'expire', 'delete'].map((token) => ({ token, fields: {} }))),
    );

    afterEach(async () => {
      await Promise.all(running.splice(0).map(async (each) => each.stop()));
    });

    afterAll(async () => site.stop());

    it.each<[string, string, Act, string]>([
      ['is disabled', 'disable', async (at, token) => at.put(token, { enabled: false }), 'token disabled'],
      ['is suspended', 'suspend', async (at, token) => at.put(token, { suspended: true }), 'token disabled'],
      ['moves to another region', 'move', async (at, token) => at.put(token, { region: 'us' }), 'region mismatch'],
      ['expires', 'expire', EXPIRY, 'token expired'],
      [
        'is deleted',
        'delete',
        async (at, token) => at.etcd.client.delete().key(PREFIX + token),
        "token in login doesn't match token from configuration",
      ],
    ])(
      '%s logs why it may not come back, and comes back when it may',
      async (_what, token, act, sentence) => {
        const process = await startFrp(frpc, frpcToml(site.planOf(token)));
        running.push(process);
        await logs(process, 'login to server success');
        await act(site, token);
        await logs(process, sentence);
        expect(process.hasEnded()).toBe(false);
        await site.put(token);
        await eventually(LOG_MS, async () => {
          expect(process.output().split('login to server success')).toHaveLength(3);
        });
      },
      CASE_MS,
    );
  });
}

async function logs(process: FrpProcess, text: string): Promise<void> {
  await eventually(LOG_MS, async () => {
    expect(process.output()).toContain(text);
  });
}
