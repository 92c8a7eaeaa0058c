import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { ensureSecretFile, replaceSecretFile } from './secret-file';

describe('secret files', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'made', 'on', 'the', 'way', 'key');

  it('are made once, with mode 0600 in folders of mode 0700', () => {
    expect(ensureSecretFile(path(), 'first')).toBe(true);
    expect(ensureSecretFile(path(), 'second')).toBe(false);
    expect(readFileSync(path(), 'utf8')).toBe('first');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder(), 'made')).mode & 0o777).toBe(0o700);
  });

  it('are replaced whole, and leave no temporary file behind', () => {
    ensureSecretFile(path(), 'first');
    replaceSecretFile(path(), 'second');
    expect(readFileSync(path(), 'utf8')).toBe('second');
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path(), '..'))).toEqual(['key']);
  });

  it('are not made where a folder is in the way of the path', () => {
    writeFileSync(join(folder(), 'made'), 'a file');
    expect(() => ensureSecretFile(path(), 'first')).toThrow();
    expect(readdirSync(folder())).toEqual(['made']);
  });
});
