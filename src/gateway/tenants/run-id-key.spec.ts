import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder, warningLog } from '@tollgate/testing';
import { openRunIdKey } from './run-id-key';

describe('openRunIdKey', () => {
  const root = useTemporaryFolder();
  const folder = (): string => join(root(), 'data', 'gateway');
  const path = (): string => join(folder(), 'run-id.key');

  it('makes a key once, readable by its owner only, and leaves no draft', () => {
    const { log, warnings } = warningLog();
    const key = openRunIdKey(folder(), log);
    expect(key).toHaveLength(32);
    expect(openRunIdKey(folder(), log)).toEqual(key);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder())).toEqual(['run-id.key']);
    expect(warnings).toEqual([]);
  });

  it.each(['', 'too short'])('leaves a file of %j as it is, goes on with a key of its own, and says so', (content) => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path(), content);
    const { log, warnings } = warningLog();
    expect(openRunIdKey(folder(), log)).toHaveLength(32);
    expect(openRunIdKey(folder(), log)).not.toEqual(openRunIdKey(folder(), log));
    expect(readFileSync(path(), 'utf8')).toBe(content);
    expect(warnings[0]).toContain('run-id.key');
  });

  it('goes on with a key of its own where none can be kept', () => {
    writeFileSync(join(root(), 'data'), 'a file where a folder should be');
    const { log, warnings } = warningLog();
    expect(openRunIdKey(folder(), log)).toHaveLength(32);
    expect(warnings).toHaveLength(1);
  });
});
