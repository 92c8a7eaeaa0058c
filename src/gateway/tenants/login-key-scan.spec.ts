import { LoginKeyScan } from './login-key-scan';

const tokensOf = (scan: LoginKeyScan): string[] =>
  scan.segments.flatMap((segment) =>
    Array.from({ length: segment.used }, (_, slot) => segment.at(slot)).filter((token) => token !== undefined),
  );

describe('LoginKeyScan', () => {
  it('holds a token once that is added twice', () => {
    const scan = new LoginKeyScan();
    scan.add('token');
    scan.add('token');
    scan.delete('token');
    scan.delete('token');
    expect(scan.size).toBe(0);
    expect(tokensOf(scan)).toEqual([]);
  });

  it('gives the place of a token that went to one that comes, and takes no more room', () => {
    const scan = new LoginKeyScan();
    for (let i = 0; i < 100; i += 1) scan.add(`token-${String(i).padStart(3, '0')}`);
    const segments = scan.segments.length;
    for (let round = 0; round < 1_000; round += 1) {
      scan.delete(`token-${String(round % 100).padStart(3, '0')}`);
      scan.add(`token-${String(round % 100).padStart(3, '0')}`);
    }
    expect(scan.segments).toHaveLength(segments);
    expect(scan.segments.reduce((sum, { used }) => sum + used, 0)).toBe(100);
  });

  it('leaves nothing of a token that went', () => {
    const scan = new LoginKeyScan();
    scan.add('s3cr3t-token');
    scan.delete('s3cr3t-token');
    expect(scan.segments.every(({ words }) => words.every((word) => word === 0))).toBe(true);
  });

  it('takes little room for a length that few tokens have, and grows for those of many', () => {
    const scan = new LoginKeyScan();
    for (let bytes = 1; bytes <= 54; bytes += 1) scan.add('x'.repeat(bytes));
    expect(scan.segments.reduce((sum, { words }) => sum + words.byteLength, 0)).toBeLessThan(300_000);
    const many = Array.from({ length: 20_000 }, (_, i) => `token-${String(i).padStart(6, '0')}`);
    for (const token of many) scan.add(token);
    expect(new Set(tokensOf(scan))).toEqual(
      new Set([...many, ...Array.from({ length: 54 }, (_, i) => 'x'.repeat(i + 1))]),
    );
    expect(Math.max(...scan.segments.map(({ words }) => words.byteLength))).toBeLessThanOrEqual(262_144);
  });
});
