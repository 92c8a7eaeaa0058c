import { parseHmacAuthorization } from './authorization-header';

const signature = Buffer.alloc(32, 7).toString('base64');

describe('parseHmacAuthorization', () => {
  it.each([`AK_${'0a'.repeat(16)}`, 'ab'.repeat(16), 'ab'.repeat(32)])('reads the AccessKey %s', (accessKey) => {
    expect(parseHmacAuthorization(`QINIU ${accessKey}:${signature}`)).toEqual({ accessKey, signature });
  });

  it.each([
    '',
    'QINIU',
    'QINIU ',
    'QINIU :',
    'QINIU ak',
    'QINIU ak:',
    `QINIU :${signature}`,
    `QINIU  ak:${signature}`,
    `QINIU ak: ${signature}`,
    `QINIU ak:${signature}:x`,
    `QINIU ak:${signature} `,
    `QINIU ak:${signature}\n`,
    `qiniu ak:${signature}`,
    `Bearer ak:${signature}`,
    `ak:${signature}`,
    `QINIU a k:${signature}`,
    `QINIU ak:${'a'.repeat(200)}`,
    `QINIU ${'a'.repeat(200)}:${signature}`,
    'QINIU ak:sig=na=ture',
    `QINIU ak:${signature}, QINIU ak:${signature}`,
  ])('refuses %j', (header) => {
    expect(parseHmacAuthorization(header)).toBeUndefined();
  });
});
