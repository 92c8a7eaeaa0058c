import { startApi } from '../support/api-process';
import { useApi } from '../support/each-store';
import { type Answer, send } from '../support/http-client';

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

describe('the administrator’s page', () => {
  const api = useApi();
  const get = async (path: string, headers = {}, method = 'GET'): Promise<Answer> =>
    send(api().url, { method, path, headers });

  it.each([
    ['/admin.html', 'text/html; charset=utf-8'],
    ['/admin/main.js', 'text/javascript; charset=utf-8'],
    ['/admin/page.css', 'text/css; charset=utf-8'],
    ['/admin/icon.svg', 'image/svg+xml; charset=utf-8'],
  ])('is served with the headers that keep it safe: %s', async (path, type) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.text.length).toBeGreaterThan(100);
    expect(answer.headers).toMatchObject({
      'content-type': type,
      'content-security-policy': POLICY,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    const head = await get(path, {}, 'HEAD');
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
  });

  it('has nothing inline, nothing of elsewhere, and every file that it names', async () => {
    const { text } = await get('/admin.html');
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/i);
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(named.length).toBeGreaterThan(4);
    for (const path of named) expect([path, (await get(`/${path}`)).status]).toEqual([path, 200]);
  });

  it('is not sent again to those who have it', async () => {
    const { headers } = await get('/admin.html');
    const again = await get('/admin.html', { 'If-None-Match': headers.etag });
    expect([again.status, again.text]).toEqual([304, '']);
    expect(again.headers).toMatchObject({ etag: headers.etag, 'cache-control': 'no-cache' });
    expect((await get('/admin.html', { 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it.each([
    '/admin/none.js',
    '/admin/tsconfig.json',
    '/admin/',
    '/admin',
    '/admin/..%2fpage-assets.js',
    '/admin/%2e%2e%2f%2e%2e%2fmain.js',
  ])('serves nothing else: %s', async (path) => {
    const answer = await get(path);
    expect([answer.status, answer.body]).toEqual([404, expect.objectContaining({ code: 404 })]);
  });

  it('is limited by client address, its parts too', async () => {
    const limited = await startApi({ env: { PUBLIC_LIMIT_PER_MINUTE: '2' } });
    const statuses = [];
    for (const path of ['/admin.html', '/admin/main.js', '/admin/main.js']) {
      statuses.push((await send(limited.url, { method: 'GET', path })).status);
    }
    await limited.stop();
    expect(statuses).toEqual([200, 200, 429]);
  });
});
