import { connect } from 'node:net';
import { useApi } from '../support/each-store';
import { newTenant } from '../support/hmac-client';
import { sendRaw } from '../support/raw-http';

const BODY = '{"required_scope":"storage:read"}';

/** Granted validations are written past Fastify: whatever HTTP asks of an answer must hold there as well. */
describe('the answer to a granted validation', () => {
  const api = useApi(undefined, { ENABLE_APP_RATE_LIMIT: 'true' });
  let token = '';
  beforeAll(async () => {
    const tenant = await newTenant(api().url);
    token = (await tenant.createToken({ scope: ['storage:read'] })).string('token');
  });

  const request = (version: string, ...headers: readonly string[]): string =>
    [
      `POST /api/v2/validate HTTP/${version}`,
      'Host: api',
      `Authorization: Bearer ${token}`,
      `Content-Length: ${String(BODY.length)}`,
      ...headers,
      '',
      BODY,
    ].join('\r\n');
  const headOf = (text: string): string => text.slice(0, text.indexOf('\r\n\r\n'));

  it('closes the connection when it is asked to, and says so', async () => {
    const answer = await sendRaw(api().url, request('1.1', 'Connection: close'));
    expect([answer.status, answer.closed]).toEqual([200, true]);
    expect(headOf(answer.text)).toMatch(/\r\nConnection: close/i);
    expect(headOf(answer.text)).toMatch(/\r\nX-RateLimit-Limit-App: 1000\r\n/i);
    expect(JSON.parse(answer.body)).toMatchObject({ valid: true });
  });

  it('is understood by a client of HTTP/1.0', async () => {
    const answer = await sendRaw(api().url, request('1.0'));
    expect([answer.status, answer.closed]).toEqual([200, true]);
    expect(JSON.parse(answer.body)).toMatchObject({ valid: true });
  });

  it('keeps the connection otherwise, and answers pipelined requests in their order', async () => {
    const { text } = await sendRaw(api().url, request('1.1') + request('1.1') + request('1.1', 'Connection: close'));
    const answers = text.split(/(?=HTTP\/1\.1 200 OK)/);
    expect(answers).toHaveLength(3);
    for (const answer of answers) {
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
      expect(Buffer.byteLength(body)).toBe(length);
      expect(JSON.parse(body)).toMatchObject({ valid: true, permission_check: { granted: true } });
    }
    expect(headOf(answers[0] ?? '')).toMatch(/\r\nConnection: keep-alive\r\nKeep-Alive: timeout=\d+\r\n/);
  });

  it('says when it was made', async () => {
    const { text } = await sendRaw(api().url, request('1.1', 'Connection: close'));
    const prepared = await keptAlive(request('1.1'));
    for (const answer of [text, prepared]) {
      const date = Date.parse(/\r\nDate: ([^\r]+)\r\n/i.exec(answer)?.[1] ?? '');
      expect(Math.abs(Date.now() - date)).toBeLessThan(5_000);
    }
  });

  it('has the length of its bytes also where a scope is not ASCII', async () => {
    const tenant = await newTenant(api().url);
    const other = (await tenant.createToken({ scope: ['stockage:déposer'] })).string('token');
    const body = JSON.stringify({ required_scope: 'stockage:déposer' });
    const answer = await keptAlive(
      [
        'POST /api/v2/validate HTTP/1.1',
        'Host: api',
        `Authorization: Bearer ${other}`,
        `Content-Length: ${String(Buffer.byteLength(body))}`,
        '',
        body,
      ].join('\r\n'),
    );
    const shown = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    expect(JSON.parse(shown)).toMatchObject({ token_info: { scope: ['stockage:déposer'] } });
    expect(/content-length: (\d+)/.exec(answer)?.[1]).toBe(String(Buffer.byteLength(shown)));
  });

  /** Sends one request and returns what came, leaving the connection open until it came. */
  async function keptAlive(bytes: string): Promise<string> {
    const { hostname, port } = new URL(api().url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.once('error', reject);
    });
  }
});
