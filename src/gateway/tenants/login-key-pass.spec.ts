import { createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { LoginKeyPass } from './login-key-pass';
import { LoginKeyScan } from './login-key-scan';

const TIMESTAMP = 1_753_300_000;

function keyOf(token: string, timestamp: number = TIMESTAMP): string {
  return createHash('md5')
    .update(`${token}${String(timestamp)}`)
    .digest('hex');
}

/** What a search is told, when it is. */
interface Told {
  answer?: string | undefined;
  times: number;
}

function join(pass: LoginKeyPass, key: string): Told {
  const told: Told = { times: 0 };
  pass.join({
    key,
    done: (token) => {
      told.answer = token;
      told.times += 1;
    },
  });
  return told;
}

function walk(pass: LoginKeyPass): number {
  let steps = 0;
  while (!pass.isOver) {
    pass.step();
    steps += 1;
  }
  return steps;
}

function find(scan: LoginKeyScan, key: string, timestamp: number = TIMESTAMP): string | undefined {
  const pass = new LoginKeyPass(scan, timestamp);
  const told = join(pass, key);
  walk(pass);
  expect(told.times).toBe(1);
  return told.answer;
}

function scanOf(tokens: readonly string[]): LoginKeyScan {
  const scan = new LoginKeyScan();
  for (const token of tokens) scan.add(token);
  return scan;
}

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `token-${String(i).padStart(5, '0')}`);

describe('LoginKeyPass', () => {
  it('finds the token of the vector of the protocol reference', () => {
    expect(find(scanOf(['s3cr3t-token']), 'ddc6dbbe091f902ed9fded315639b941')).toBe('s3cr3t-token');
  });

  // 45 bytes and a timestamp of ten digits are the most that one block of MD5 has room for, 54 and one digit.
  it.each([0, 1, 3, 4, 5, 31, 44, 45, 46, 47, 53, 54, 55, 64, 200])(
    'finds a token of %d bytes among others, with any timestamp',
    (bytes) => {
      const token = randomBytes(bytes)
        .toString('latin1')
        .replace(/[^!-~]/g, 'x');
      const others = Array.from({ length: 50 }, (_, i) => `other-${String(i)}`);
      const longer = Array.from({ length: 50 }, (_, i) => `${token}${String(i)}`);
      const scan = scanOf([...others, token, ...longer]);
      for (const timestamp of [TIMESTAMP, 7]) expect(find(scan, keyOf(token, timestamp), timestamp)).toBe(token);
    },
  );

  it.each([0, 7, -1, 99_999_999_999, Number.MAX_SAFE_INTEGER])(
    'takes the timestamp %d as it is written',
    (timestamp) => {
      expect(find(scanOf(['token']), keyOf('token', timestamp), timestamp)).toBe('token');
    },
  );

  it('finds tokens that are not of ASCII', () => {
    expect(find(scanOf(['租户-ключ']), keyOf('租户-ключ'))).toBe('租户-ключ');
  });

  it('agrees with a search through a list, for any tokens, also while some come and go', () => {
    const tokens = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 70 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(tokens, fc.array(fc.nat()), (values, gone) => {
        const scan = scanOf(values);
        const left = new Set(values);
        for (const index of gone) {
          const value = values[index % values.length] ?? '';
          scan.delete(value);
          left.delete(value);
          if (index % 3 === 0) {
            scan.add(value);
            left.add(value);
          }
        }
        expect(scan.size).toBe(left.size);
        for (const value of values) expect(find(scan, keyOf(value))).toBe(left.has(value) ? value : undefined);
      }),
      { numRuns: 50 },
    );
  });

  it('serves all that look for something with one walk', () => {
    const tokens = numbered(2_000);
    const pass = new LoginKeyPass(scanOf(tokens), TIMESTAMP);
    const wanted = [tokens[0], tokens[999], tokens[999], tokens[1_999]] as string[];
    const told = wanted.map((token) => join(pass, keyOf(token)));
    const vain = join(pass, keyOf('nobody'));
    const alone = new LoginKeyPass(scanOf(tokens), TIMESTAMP);
    join(alone, keyOf('nobody'));

    expect(walk(pass)).toBe(walk(alone));
    expect(told.map(({ answer }) => answer)).toEqual(wanted);
    expect(vain).toEqual({ answer: undefined, times: 1 });
  });

  it.each([0, 1, 3, 7])('shows every token once to those who join after %d steps', (before) => {
    const tokens = numbered(2_000);
    for (const token of [tokens[0], tokens[300], tokens[1_999]] as string[]) {
      const pass = new LoginKeyPass(scanOf(tokens), TIMESTAMP);
      join(pass, keyOf('nobody'));
      for (let i = 0; i < before; i += 1) pass.step();
      const late = join(pass, keyOf(token));
      const vain = join(pass, keyOf('nobody either'));
      walk(pass);
      expect(late).toEqual({ answer: token, times: 1 });
      expect(vain).toEqual({ answer: undefined, times: 1 });
    }
  });

  it('meets a token that is there all the while, whatever comes and goes', () => {
    const tokens = numbered(3_000);
    const scan = scanOf(tokens);
    const pass = new LoginKeyPass(scan, TIMESTAMP);
    const last = tokens[2_999] ?? '';
    const told = join(pass, keyOf(last));
    for (let i = 0; !pass.isOver; i += 1) {
      pass.step();
      for (const token of tokens.slice(i * 100, i * 100 + 100)) if (token !== last) scan.delete(token);
      for (let k = 0; k < 100; k += 1) scan.add(`new-${String(i)}-${String(k)}`);
    }
    expect(told.answer).toBe(last);
  });

  it('takes others along in its first round only', () => {
    const pass = new LoginKeyPass(scanOf(numbered(1_000)), TIMESTAMP);
    join(pass, keyOf('nobody'));
    expect(pass.takesMore).toBe(true);
    pass.step();
    join(pass, keyOf('nobody'));
    while (pass.takesMore) pass.step();
    expect(pass.isOver).toBe(false);
    walk(pass);
  });

  it.each(['', 'zz', `${keyOf('token')}0`])('finds nothing for the key %j', (key) => {
    expect(find(scanOf(['token']), key)).toBeUndefined();
  });

  it('finds nothing where there are no tokens', () => {
    expect(find(new LoginKeyScan(), keyOf('token'))).toBeUndefined();
  });
});
