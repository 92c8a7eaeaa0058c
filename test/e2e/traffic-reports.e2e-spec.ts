import { describeOnEachStore, useApi } from '../support/each-store';
import { type Answer, type Json, send } from '../support/http-client';

const KEY = 'a-key-for-reports-of-traffic';
const BEARER = { authorization: `Bearer ${KEY}` };
const DAY_S = 86_400;

describeOnEachStore('traffic reports', (start) => {
  const api = useApi(start, { TRAFFIC_REPORT_KEY: KEY });
  let serial = 0;
  const newBody = (fields: Json = {}): Json => ({
    token: `token-${String((serial += 1))}-${String(Date.now())}`,
    region: 'eu',
    proxyName: 'web',
    trafficIn: 52_428_800,
    trafficOut: 10_485_760,
    timestamp: Math.floor(Date.now() / 1_000),
    ...fields,
  });
  const report = (body: unknown, headers: Readonly<Record<string, string>> = BEARER): Promise<Answer> =>
    send(api().url, { method: 'POST', path: '/traffic/report', headers, body });
  const withKey = (key: string): Readonly<Record<string, string>> => ({ ...BEARER, 'idempotency-key': key });

  it('are counted once for each Idempotency-Key, also of 20 at once, and refused when one comes with another report', async () => {
    const body = newBody();
    const key = `key-${String(Date.now())}`;
    const answers = await Promise.all(Array.from({ length: 20 }, () => report(body, withKey(key))));
    expect(answers.map(({ status }) => status)).toStrictEqual(answers.map(() => 200));
    expect(answers.filter((answer) => answer.string('status') === 'counted')).toHaveLength(1);
    const again = await report(body, withKey(key));
    expect([again.string('status'), again.headers['idempotent-replayed']]).toStrictEqual(['repeated', 'true']);
    const other = await report({ ...body, trafficIn: 1 }, withKey(key));
    expect(other.refusal).toBe('409 this Idempotency-Key came with another report before');
  });

  it('are each counted without a key', async () => {
    const body = newBody();
    expect((await report(body)).body).toMatchObject({ status: 'counted' });
    expect((await report(body)).body).toMatchObject({ status: 'counted' });
  });

  it("are answered with what the token has moved in the present month, without other months' and other tokens'", async () => {
    const body = newBody({ trafficIn: 100, trafficOut: 20 });
    const month = new Date().toISOString().slice(0, 7);
    await report(newBody());
    const last = Math.floor(Date.parse(`${month}-01T00:00:00Z`) / 1_000) - 1;
    expect((await report({ ...body, timestamp: last })).body).toStrictEqual({
      status: 'counted',
      month,
      monthTraffic: 0,
    });
    expect((await report(body, withKey('same'))).body).toStrictEqual({ status: 'counted', month, monthTraffic: 120 });
    const again = { status: 'repeated', month, monthTraffic: 120 };
    expect((await report(body, withKey('same'))).body).toStrictEqual(again);
    const other = { ...body, proxyName: 'ssh', trafficIn: 5 };
    expect((await report(other)).body).toStrictEqual({ status: 'counted', month, monthTraffic: 145 });
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { authorization: `Bearer ${KEY}x` }],
    ['another scheme', { authorization: `Basic ${KEY}` }],
  ])('are refused with %s', async (_what, headers) => {
    const answer = await report(newBody(), headers);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each([
    [{ token: '' }, 'token: must not be empty'],
    [{ token: 'x'.repeat(1_025) }, 'token: must have at most 1024 characters'],
    [{ token: 7 }, 'token: must be a text'],
    [{ region: undefined }, 'region: is required'],
    [{ region: 'a\u0000' }, 'region: must not contain control characters or broken Unicode'],
    [{ proxyName: '' }, 'proxyName: must not be empty'],
    [{ trafficIn: -1 }, 'trafficIn: must not be negative'],
    [{ trafficIn: 1.5 }, 'trafficIn: must be a whole number'],
    [{ trafficOut: '5' }, 'trafficOut: must be a number'],
    [{ trafficOut: 2 ** 60 }, 'trafficOut: must be a whole number'],
    [{ timestamp: undefined }, 'timestamp: is required'],
    [
      { timestamp: Math.floor(Date.now() / 1_000) + 3 * DAY_S },
      'timestamp: must not be more than a day ahead of this server',
    ],
    [{ timestamp: Date.now() }, 'timestamp: must be in seconds since the epoch, before the year 10000'],
  ])('%j are refused', async (fields, refusal) => {
    expect((await report(newBody(fields))).refusal).toBe(`400 ${refusal}`);
  });

  it.each([['ü'.normalize()], ['x'.repeat(256)], ['a b']])('are refused with the Idempotency-Key %j', async (key) => {
    const header = Buffer.from(key).toString('latin1');
    const answer = await report(newBody(), withKey(header));
    expect(answer.refusal).toBe('400 Idempotency-Key: must be 1 to 255 printable ASCII characters');
  });

  it('take fields that we know nothing of, and write no token into the log', async () => {
    const body = newBody({ clientVersion: '0.61' });
    expect((await report(body)).status).toBe(200);
    expect(api().output()).not.toContain(String(body['token']));
    expect(api().output()).not.toContain(KEY);
  });
});

describe('traffic reports without TRAFFIC_REPORT_KEY', () => {
  const api = useApi();

  it('are refused in a way that gateways try again', async () => {
    const answer = await send(api().url, { method: 'POST', path: '/traffic/report', headers: BEARER, body: {} });
    expect(answer.refusal).toBe('503 traffic reports are not taken: TRAFFIC_REPORT_KEY is not set');
  });
});
