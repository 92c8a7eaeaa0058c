import { randomBytes } from 'node:crypto';
import { RunIdHints } from './run-id-hints';

const TOKENS = Array.from({ length: 1_000 }, (_, i) => `token-${String(i)}`);

function hintsOf(key: Buffer, tokens: readonly string[] = TOKENS): RunIdHints {
  const hints = new RunIdHints(key);
  for (const token of tokens) hints.add(token);
  return hints;
}

describe('RunIdHints', () => {
  const key = randomBytes(32);

  it('makes run ids as those of frps, each another one', () => {
    const hints = hintsOf(key);
    const runIds = Array.from({ length: 100 }, () => hints.create('token-7'));
    for (const runId of runIds) expect(runId).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(runIds).size).toBe(100);
  });

  it('leads from each run id to its token, and to few others, with another one of the same key', () => {
    const before = hintsOf(key);
    const after = hintsOf(key);
    for (const token of TOKENS) {
      const candidates = after.candidates(before.create(token));
      expect(candidates).toContain(token);
      expect(candidates.length).toBeLessThan(5);
    }
  });

  it('tells nothing without the key: neither the token nor whether two run ids are of one', () => {
    const other = hintsOf(randomBytes(32));
    const hints = hintsOf(key);
    const runIds = Array.from({ length: 200 }, () => hints.create('token-7'));
    expect(runIds.filter((runId) => other.candidates(runId).includes('token-7')).length).toBeLessThan(5);
    expect(new Set(runIds.map((runId) => runId.slice(12))).size).toBeGreaterThan(150);
  });

  it('forgets a token that goes, and keeps the others', () => {
    const hints = hintsOf(key);
    const [gone, kept] = [hints.create('token-1'), hints.create('token-2')];
    hints.delete('token-1');
    expect(hints.candidates(gone)).not.toContain('token-1');
    expect(hints.candidates(kept)).toContain('token-2');
  });

  it('holds a token once that is added twice', () => {
    const hints = hintsOf(key, ['one', 'one']);
    expect(hints.candidates(hints.create('one'))).toEqual(['one']);
  });

  it.each(['', 'zz', '0123456789ABCDEF', '0123456789abcde', '0123456789abcdef0'])(
    'knows nothing of the run id %j, which is none of ours',
    (runId) => {
      expect(hintsOf(key).candidates(runId)).toEqual([]);
    },
  );
});
