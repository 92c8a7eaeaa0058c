import { type Tenant, callWithBearer, expectStatus, newTenant } from '../support/hmac-client';
import { type Answer, send } from '../support/http-client';
import { ADMIN_TUNNELS, TUNNELS, describeOnEachTunnelStore } from '../support/tunnel-stores';

const KEY = 'a-key-that-gateways-report-by-0123456789';
const DAY_MS = 86_400_000;

describeOnEachTunnelStore('traffic of tunnel tokens', { TRAFFIC_REPORT_KEY: KEY }, (running) => {
  let tenant: Tenant;
  let made: Answer;
  beforeEach(async () => {
    tenant = await newTenant(running().api.url);
    made = expectStatus(201, await tenant.call('POST', TUNNELS));
  });
  const path = (query = ''): string => `${TUNNELS}/${made.string('token_id')}/traffic${query}`;
  const report = async (proxyName: string, trafficIn: number, trafficOut: number, daysAgo: number): Promise<void> => {
    const timestamp = Math.floor((Date.now() - daysAgo * DAY_MS) / 1_000);
    const body = { token: made.string('token'), region: 'eu', proxyName, trafficIn, trafficOut, timestamp };
    const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' };
    const answer = await send(running().api.url, { method: 'POST', path: '/traffic/report', headers, body });
    expect(answer.status).toBeLessThan(300);
  };
  const dayOf = (daysAgo: number): string => new Date(Date.now() - daysAgo * DAY_MS).toISOString().slice(0, 10);

  it('is added up by day and by proxy', async () => {
    await report('web', 10, 1, 0);
    await report('web', 20, 2, 2);
    await report('ssh', 5, 0, 2);
    await report('old', 999, 999, 40);
    const byDay = await tenant.call('GET', path());
    expect(byDay.body).toMatchObject({
      token_id: made.string('token_id'),
      by: 'day',
      total: { in_bytes: 35, out_bytes: 3 },
      traffic: [
        { date: dayOf(2), in_bytes: 25, out_bytes: 2 },
        { date: dayOf(0), in_bytes: 10, out_bytes: 1 },
      ],
    });
    const byProxy = await tenant.call('GET', path(`?by=proxy&from=${dayOf(2)}&to=${dayOf(0)}`));
    expect(byProxy.body).toMatchObject({
      from: `${dayOf(2)}T00:00:00.000Z`,
      traffic: [
        { proxy: 'ssh', in_bytes: 5, out_bytes: 0 },
        { proxy: 'web', in_bytes: 20, out_bytes: 2 },
      ],
    });
    const admin = `${ADMIN_TUNNELS}/${made.string('token_id')}/traffic`;
    const byOperator = await callWithBearer(running().api.url, running().api.operatorKey, 'GET', admin);
    expect(byOperator.body).toEqual(byDay.body);
  });

  it('is nothing for a new token, and stays when that is deleted', async () => {
    expect((await tenant.call('GET', path())).body).toMatchObject({ traffic: [], total: { in_bytes: 0 } });
    await report('web', 10, 1, 0);
    await tenant.call('DELETE', `${TUNNELS}/${made.string('token_id')}`);
    expect((await tenant.call('GET', path())).body).toMatchObject({ total: { in_bytes: 10, out_bytes: 1 } });
  });

  it("is nobody else's", async () => {
    await report('web', 10, 1, 0);
    const stranger = await newTenant(running().api.url);
    expect((await stranger.call('GET', path())).refusal).toBe('404 tunnel token not found');
    const none = `${TUNNELS}/tt_0000000000000000000000/traffic`;
    expect((await stranger.call('GET', none)).refusal).toBe('404 tunnel token not found');
  });

  it.each([
    ['?by=hour', 'by: must be day or proxy'],
    ['?from=x', 'from: must be an RFC 3339 time or a day'],
    ['?from=2026-01-02&to=2026-01-01', 'from: must be before to'],
    ['?from=2020-01-01&to=2026-01-01', 'from: must be at most 400 days before to'],
    ['?x=1', 'unknown field x'],
  ])('is refused for %s', async (query, text) => {
    const answer = await tenant.call('GET', path(query));
    expect(answer.refusal).toContain(`400 ${text.startsWith('unknown') ? `request: ${text}` : text}`);
  });
});
