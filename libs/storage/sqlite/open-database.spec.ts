import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { createDatabaseFile, openForReading, openForWriting } from './open-database';
import { SqliteStore } from './sqlite-store';

describe('the database file', () => {
  const folder = useTemporaryFolder();
  const mode = (path: string): number => statSync(path).mode & 0o777;

  it('and all that is made with it is readable by its owner alone', async () => {
    const path = join(folder(), 'nested', 'data', 'tollgate.db');
    const store = await SqliteStore.open({ path, writer: 'inline' });
    try {
      expect(mode(join(folder(), 'nested'))).toBe(0o700);
      expect(mode(join(folder(), 'nested', 'data'))).toBe(0o700);
      expect(mode(path)).toBe(0o600);
      expect(mode(`${path}-wal`)).toBe(0o600);
      expect(mode(`${path}-shm`)).toBe(0o600);
    } finally {
      await store.close();
    }
  });

  it('is opened for writing with WAL, an fsync per commit and foreign keys', () => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    const db = openForWriting(path);
    try {
      expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(db.pragma('synchronous', { simple: true })).toBe(2);
      expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    } finally {
      db.close();
    }
  });

  it('cannot be written through the reading connection', () => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    const writing = openForWriting(path);
    writing.exec('CREATE TABLE t (x)');
    const reading = openForReading(path);
    try {
      expect(() => reading.exec('INSERT INTO t VALUES (1)')).toThrow(/readonly/);
    } finally {
      reading.close();
      writing.close();
    }
  });

  it('that is none is refused with its path', async () => {
    const path = join(folder(), 'tollgate.db');
    writeFileSync(path, 'this is no database '.repeat(1000));

    await expect(SqliteStore.open({ path, writer: 'inline' })).rejects.toThrow(
      `cannot open the database ${path}: file is not a database`,
    );
  });
});
