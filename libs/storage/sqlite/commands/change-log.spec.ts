import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from '../limits';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForWriting } from '../open-database';
import { ChangeLog } from './change-log';

describe('ChangeLog', () => {
  const folder = useTemporaryFolder();
  let db: Database;
  let log: ChangeLog;

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    db = openForWriting(path);
    migrate(db, MIGRATIONS);
    log = new ChangeLog(db);
  });
  afterEach(() => {
    db.close();
  });

  function transaction(changes: number): void {
    db.exec('BEGIN IMMEDIATE');
    for (let count = 0; count < changes; count++) log.accountChanged(`acc_${String(count)}`);
    log.beforeCommit();
    db.exec('COMMIT');
  }

  it('numbers changes without a gap, also after some were rolled back', () => {
    db.exec('BEGIN IMMEDIATE');
    log.accountChanged('acc_1');
    const mark = log.mark();
    db.exec('SAVEPOINT command');
    log.accountChanged('acc_2');
    log.tokenChanged(Buffer.from('ff00', 'hex'));
    db.exec('ROLLBACK TO command; RELEASE command');
    log.rollbackTo(mark);
    log.tokenChanged(Buffer.from('0102', 'hex'));
    db.exec('COMMIT');

    const changes = [
      { kind: 'account', accountId: 'acc_1' },
      { kind: 'token', tokenHash: '0102' },
    ];
    expect(log.take()).toStrictEqual({ changes, firstSeq: 1, lastSeq: 2 });
    expect(log.take()).toBeUndefined();
  });

  it('says the right numbers when the last thing a transaction did was rolled back', () => {
    db.exec('BEGIN IMMEDIATE');
    log.accountChanged('acc_1');
    const mark = log.mark();
    db.exec('SAVEPOINT command');
    log.accountChanged('acc_2');
    db.exec('ROLLBACK TO command; RELEASE command');
    log.rollbackTo(mark);
    db.exec('COMMIT');

    expect(log.take()).toStrictEqual({ changes: [{ kind: 'account', accountId: 'acc_1' }], firstSeq: 1, lastSeq: 1 });
  });

  it('keeps the newest rows and stays within its bound', () => {
    const total = SQLITE_LIMITS.changeLogRows + 3 * SQLITE_LIMITS.changeLogSlackRows;
    for (let written = 0; written < total; written += 500) transaction(500);

    const rows = db.prepare('SELECT count(*) AS count, max(seq) AS newest FROM changes').get();
    expect(rows).toMatchObject({ newest: total });
    const { count } = rows as { count: number };
    expect(count).toBeGreaterThanOrEqual(SQLITE_LIMITS.changeLogRows);
    expect(count).toBeLessThanOrEqual(SQLITE_LIMITS.changeLogRows + SQLITE_LIMITS.changeLogSlackRows);
  });
});
