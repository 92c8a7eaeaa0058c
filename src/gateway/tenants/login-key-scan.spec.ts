import { createHash, randomBytes } from 'node:crypto';
import { LoginKeyScan } from './login-key-scan';

const TIMESTAMP = 1_753_300_000;

function keyOf(token: string, timestamp: number = TIMESTAMP): string {
  return createHash('md5')
    .update(`${token}${String(timestamp)}`)
    .digest('hex');
}

function find(scan: LoginKeyScan, key: string, timestamp: number = TIMESTAMP): string | undefined {
  const search = scan.find(key, timestamp, 7);
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

describe('LoginKeyScan', () => {
  it('finds the token of the vector of the protocol reference', () => {
    const scan = new LoginKeyScan();
    scan.add('s3cr3t-token');
    expect(find(scan, 'ddc6dbbe091f902ed9fded315639b941')).toBe('s3cr3t-token');
  });

  // 45 bytes and a timestamp of ten digits are the most that one block of MD5 has room for.
  it.each([0, 1, 3, 4, 5, 31, 44, 45, 46, 47, 54, 55, 64, 200])('finds a token of %d bytes among others', (bytes) => {
    const scan = new LoginKeyScan();
    const token = randomBytes(bytes)
      .toString('latin1')
      .replace(/[^!-~]/g, 'x');
    for (let i = 0; i < 50; i += 1) scan.add(`other-${String(i)}`);
    scan.add(token);
    for (let i = 50; i < 100; i += 1) scan.add(`${token}${String(i)}`);
    expect(find(scan, keyOf(token))).toBe(token);
  });

  it.each([0, 7, -1, 99_999_999_999, Number.MAX_SAFE_INTEGER])(
    'takes the timestamp %d as it is written',
    (timestamp) => {
      const scan = new LoginKeyScan();
      scan.add('token');
      expect(find(scan, keyOf('token', timestamp), timestamp)).toBe('token');
    },
  );

  it('finds tokens that are not of ASCII', () => {
    const scan = new LoginKeyScan();
    scan.add('租户-ключ');
    expect(find(scan, keyOf('租户-ключ'))).toBe('租户-ключ');
  });

  it('finds each of many tokens of several lengths, also while others come and go', () => {
    const scan = new LoginKeyScan();
    const tokens = Array.from({ length: 300 }, (_, i) => randomBytes(8 + (i % 5)).toString('hex'));
    for (const token of tokens) scan.add(token);
    for (const token of tokens.slice(100, 200)) scan.delete(token);
    expect(scan.size).toBe(200);
    for (const [i, token] of tokens.entries()) {
      expect(find(scan, keyOf(token))).toBe(i >= 100 && i < 200 ? undefined : token);
    }
  });

  it('holds a token once that is added twice', () => {
    const scan = new LoginKeyScan();
    scan.add('token');
    scan.add('token');
    scan.delete('token');
    expect(scan.size).toBe(0);
    expect(find(scan, keyOf('token'))).toBeUndefined();
  });

  it('says when a search that ran may have missed a token', () => {
    const scan = new LoginKeyScan();
    scan.add('one');
    const before = scan.generation;
    scan.add('two');
    expect(scan.generation).toBe(before);
    scan.delete('one');
    expect(scan.generation).not.toBe(before);
  });

  it('pauses after as many tokens as it is told', () => {
    const scan = new LoginKeyScan();
    for (let i = 0; i < 100; i += 1) scan.add(`token-${String(i).padStart(3, '0')}`);
    const search = scan.find('0'.repeat(32), TIMESTAMP, 10);
    let pauses = 0;
    while (search.next().done !== true) pauses += 1;
    expect(pauses).toBe(10);
  });

  it.each(['', 'zz', `${keyOf('token')}0`])('finds nothing for the key %j', (key) => {
    const scan = new LoginKeyScan();
    scan.add('token');
    expect(find(scan, key)).toBeUndefined();
  });
});
