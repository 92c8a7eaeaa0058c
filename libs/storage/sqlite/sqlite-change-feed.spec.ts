import { join } from 'node:path';
import type { Change } from '@tollgate/domain';
import { useTemporaryFolder } from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from './limits';
import { MIGRATIONS } from './migrations';
import { migrate } from './migrator';
import { createDatabaseFile, openForReading, openForWriting } from './open-database';
import { SqliteChangeFeed } from './sqlite-change-feed';
import { SqliteReader } from './sqlite-reader';

describe('SqliteChangeFeed', () => {
  const folder = useTemporaryFolder();
  let db: Database;
  let reader: SqliteReader;
  let feed: SqliteChangeFeed;
  let faults: unknown[];
  let told: Change[];

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    db = openForWriting(path);
    migrate(db, MIGRATIONS);
    write('before the feed was opened');
    reader = new SqliteReader(openForReading(path));
    faults = [];
    told = [];
    feed = new SqliteChangeFeed(reader, (error) => faults.push(error));
    feed.subscribe((change) => told.push(change));
    feed.poll();
  });
  afterEach(() => {
    feed.stop();
    reader.close();
    db.close();
  });

  function write(...accountIds: string[]): void {
    const insert = db.prepare(`INSERT INTO changes (kind, key) VALUES ('account', ?)`);
    db.transaction(() => {
      for (const accountId of accountIds) insert.run(accountId);
    })();
  }
  const account = (accountId: string): Change => ({ kind: 'account', accountId });

  it('starts with what comes after it was opened', () => {
    expect(told).toStrictEqual([]);
  });

  it('tells each change of another process once, in order', () => {
    write('a', 'b');
    feed.poll();
    feed.poll();
    write('c');
    feed.poll();

    expect(told).toStrictEqual([account('a'), account('b'), account('c')]);
  });

  it('tells of tokens by the hash', () => {
    db.exec(`INSERT INTO changes (kind, key) VALUES ('token', '00ff')`);
    feed.poll();

    expect(told).toStrictEqual([{ kind: 'token', tokenHash: '00ff' }]);
  });

  it('tells nothing when another process wrote something else', () => {
    db.exec(`INSERT INTO used_keys (key, expires_at) VALUES (x'00', 1)`);
    feed.poll();

    expect(told).toStrictEqual([]);
  });

  it('does not read its own changes again', () => {
    write('own');
    feed.tellOwn({ changes: [account('own')], firstSeq: 2, lastSeq: 2 });
    feed.poll();

    expect(told).toStrictEqual([account('own')]);
  });

  it('misses nothing that another process wrote before its own change', () => {
    write('theirs', 'own');
    feed.tellOwn({ changes: [account('own')], firstSeq: 3, lastSeq: 3 });
    feed.poll();

    expect(told).toContainEqual(account('theirs'));
  });

  it('tells all when the log was trimmed past what it had read', () => {
    write('a', 'b', 'c');
    db.exec('DELETE FROM changes WHERE seq <= 3');
    feed.poll();
    expect(told).toStrictEqual([{ kind: 'all' }]);

    write('d');
    feed.poll();
    expect(told).toStrictEqual([{ kind: 'all' }, account('d')]);
  });

  it('tells all when the whole log is gone', () => {
    write('a');
    db.exec('DELETE FROM changes');
    feed.poll();

    expect(told).toStrictEqual([{ kind: 'all' }]);
  });

  it.each([
    [SQLITE_LIMITS.changesPerPoll, SQLITE_LIMITS.changesPerPoll],
    [SQLITE_LIMITS.changesPerPoll + 1, 1],
  ])('tells of %i changes at once by %i', (written, expected) => {
    write(...Array.from({ length: written }, (_, index) => String(index)));
    feed.poll();

    expect(told).toHaveLength(expected);
    expect(told[0]).toStrictEqual(expected === 1 ? { kind: 'all' } : account('0'));
  });

  it('tells all when it cannot read the file, and reports why', () => {
    reader.close();
    feed.poll();

    expect(told).toStrictEqual([{ kind: 'all' }]);
    expect(faults).toHaveLength(1);
  });

  it('tells the others although one subscriber throws, and reports it', () => {
    const broken = new Error('a broken subscriber');
    const late: Change[] = [];
    feed.subscribe(() => {
      throw broken;
    });
    feed.subscribe((change) => late.push(change));
    write('a');
    feed.poll();

    expect(late).toStrictEqual([account('a')]);
    expect(faults).toStrictEqual([broken]);
  });

  it('promises no more than its polling can keep', () => {
    expect(feed.latencyMs).toBeGreaterThan(SQLITE_LIMITS.changePollMs);
    expect(feed.latencyMs).toBeLessThanOrEqual(200);
  });
});
