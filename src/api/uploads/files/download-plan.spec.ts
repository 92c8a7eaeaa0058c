import type { UploadedFile } from '@tollgate/domain';
import { planDownload } from './download-plan';

const FILE: UploadedFile = {
  id: 'file_1',
  accountId: 'acc_1',
  storageKey: 'key',
  name: 'clip.mp4',
  size: 100,
  type: 'video/mp4',
  sha256: 'ab'.repeat(32),
  createdAt: new Date('2026-01-04T10:00:00.500Z'),
};

describe('planDownload', () => {
  it('sends the whole, inert, with its validators', () => {
    expect(planDownload(FILE, 'GET', {})).toEqual({
      status: 200,
      range: { start: 0, end: 99 },
      headers: {
        'content-type': 'video/mp4',
        'content-length': '100',
        'content-disposition': 'attachment; filename="clip.mp4"',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'private, no-store',
        'accept-ranges': 'bytes',
        etag: `"${FILE.sha256}"`,
        'last-modified': 'Sun, 04 Jan 2026 10:00:00 GMT',
      },
    });
  });

  it('sends nothing of it to HEAD, whatever range that names', () => {
    const plan = planDownload(FILE, 'HEAD', { range: 'bytes=0-9' });
    expect(plan).toMatchObject({ status: 200, headers: { 'content-length': '100' } });
    expect(plan.range).toBeUndefined();
  });

  it.each([
    ['bytes=0-9', 0, 9],
    ['bytes=90-', 90, 99],
    ['bytes=-10', 90, 99],
    ['bytes=-1000', 0, 99],
    ['bytes=50-1000', 50, 99],
    ['bytes=99-99', 99, 99],
    ['BYTES=1-2', 1, 2],
    ['bytes= 1-2 ', 1, 2],
    ['bytes=0-99999999999999999999999', 0, 99],
  ])('sends the part that "%s" names', (range, start, end) => {
    expect(planDownload(FILE, 'GET', { range })).toMatchObject({
      status: 206,
      range: { start, end },
      headers: {
        'content-range': `bytes ${String(start)}-${String(end)}/100`,
        'content-length': String(end - start + 1),
      },
    });
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0'])('refuses "%s", which lies outside', (range) => {
    const plan = planDownload(FILE, 'GET', { range });
    expect(plan).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */100' } });
    expect(plan.range).toBeUndefined();
  });

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=a-b',
    'bytes=-',
    'bytes=9-5',
    'bytes=200-150',
    'bytes=0x1-5',
    'bytes=1.5-2',
    'items=0-9',
    'items=500-',
    'bytes=0-1,5-6',
    'bytes=0-1, 200-',
  ])('sends the whole for "%s", which it does not serve', (range) => {
    expect(planDownload(FILE, 'GET', { range })).toMatchObject({ status: 200, range: { start: 0, end: 99 } });
  });

  it('sends the whole to whoever has a part of something else', () => {
    const headers = { range: 'bytes=0-9', 'if-range': '"other"' };
    expect(planDownload(FILE, 'GET', headers).status).toBe(200);
    expect(planDownload(FILE, 'GET', { ...headers, 'if-range': `"${FILE.sha256}"` }).status).toBe(206);
  });

  it('sends nothing to whoever has it, or wanted something else', () => {
    const same = planDownload(FILE, 'GET', { 'if-none-match': `"${FILE.sha256}"`, range: 'bytes=0-9' });
    expect(same).toMatchObject({ status: 304 });
    expect(same.range).toBeUndefined();
    expect(planDownload(FILE, 'GET', { 'if-match': '"other"' })).toMatchObject({ status: 412 });
  });
});
