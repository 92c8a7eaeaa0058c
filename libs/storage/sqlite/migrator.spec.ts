import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import { MIGRATIONS, type Migration } from './migrations';
import { migrate, SchemaMismatchError } from './migrator';
import { createDatabaseFile, openForWriting } from './open-database';

const first: Migration = { version: 1, name: 'first', sql: 'CREATE TABLE a (x INTEGER) STRICT;' };
const second: Migration = { version: 2, name: 'second', sql: 'CREATE TABLE b (x INTEGER) STRICT;' };

describe('migrate', () => {
  const folder = useTemporaryFolder();

  function withDatabase<T>(work: (db: ReturnType<typeof openForWriting>) => T): T {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    const db = openForWriting(path);
    try {
      return work(db);
    } finally {
      db.close();
    }
  }

  const tables = (): unknown[] =>
    withDatabase((db) => db.prepare(`SELECT name FROM sqlite_schema WHERE name IN ('a', 'b')`).pluck().all());

  it('applies what is missing, once, also when it runs again', () => {
    withDatabase((db) => {
      migrate(db, [first]);
    });
    expect(tables()).toStrictEqual(['a']);

    for (let round = 0; round < 2; round++) {
      withDatabase((db) => {
        migrate(db, [first, second]);
      });
    }
    expect(tables()).toStrictEqual(['a', 'b']);
  });

  it('refuses a database that is newer than the program, with its version, and changes nothing', () => {
    withDatabase((db) => {
      migrate(db, [first, second]);
    });

    withDatabase((db) => {
      expect(() => {
        migrate(db, [first]);
      }).toThrow(SchemaMismatchError);
      expect(() => {
        migrate(db, [first]);
      }).toThrow(/newer than this program: it has schema version 2 \(second\), the program knows up to 1/);
    });
    expect(tables()).toStrictEqual(['a', 'b']);
  });

  it('refuses a database whose steps are not the ones the program has', () => {
    withDatabase((db) => {
      migrate(db, [first]);
    });

    withDatabase((db) => {
      expect(() => {
        migrate(db, [{ ...first, sql: `${first.sql} -- edited` }, second]);
      }).toThrow(/schema version 1 \(first\) of the database differs/);
    });
    expect(tables()).toStrictEqual(['a']);
  });

  it('leaves nothing of a step that fails, and keeps the steps before it', () => {
    const broken: Migration = { ...second, sql: `${second.sql} CREATE TABLE nonsense (;` };

    withDatabase((db) => {
      expect(() => {
        migrate(db, [first, broken]);
      }).toThrow(/syntax error/);
    });
    expect(tables()).toStrictEqual(['a']);

    withDatabase((db) => {
      migrate(db, [first, second]);
    });
    expect(tables()).toStrictEqual(['a', 'b']);
  });

  it('numbers the released steps 1, 2, 3 and so on', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toStrictEqual(MIGRATIONS.map((_, index) => index + 1));
  });
});
