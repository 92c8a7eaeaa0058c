import { join } from 'node:path';
import { useTemporaryFolder } from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForReading, openForWriting } from '../open-database';
import { SqliteReader } from '../sqlite-reader';
import { GroupCommitWriter } from '../writer/group-commit-writer';
import { InlineRunner } from '../writer/inline-runner';
import { SqliteUploadTokenRepository } from './sqlite-upload-token-repository';
import { SqliteUploadedFileRepository } from './sqlite-uploaded-file-repository';

/** Notes how SQLite would carry out each read. */
class ExplainingReader extends SqliteReader {
  readonly plans: string[] = [];

  constructor(private readonly explained: Database) {
    super(explained);
  }

  override get(sql: string, ...parameters: readonly unknown[]): unknown {
    this.note(sql, parameters);
    return super.get(sql, ...parameters);
  }

  override all(sql: string, ...parameters: readonly unknown[]): unknown[] {
    this.note(sql, parameters);
    return super.all(sql, ...parameters);
  }

  private note(sql: string, parameters: readonly unknown[]): void {
    const steps = this.explained.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters) as { detail: string }[];
    this.plans.push(steps.map(({ detail }) => detail).join('; '));
  }
}

describe('reads of uploads', () => {
  const folder = useTemporaryFolder();
  const page = { limit: 10, offset: 0 };
  let reader: ExplainingReader;
  let runner: InlineRunner;
  let tokens: SqliteUploadTokenRepository;
  let files: SqliteUploadedFileRepository;

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    const db = openForWriting(path);
    migrate(db, MIGRATIONS);
    runner = new InlineRunner(db);
    reader = new ExplainingReader(openForReading(path));
    const writer = new GroupCommitWriter(runner, () => undefined);
    tokens = new SqliteUploadTokenRepository(reader, writer);
    files = new SqliteUploadedFileRepository(reader, writer);
  });
  afterEach(async () => {
    reader.close();
    await runner.close();
  });

  it.each([{}, { iuid: '7' }, { ownerLabel: 'ann' }, { openAt: new Date(0) }, { iuid: '7', openAt: new Date(0) }])(
    'list the tokens of an account by an index in order, and count them by that index alone: %o',
    async (filter) => {
      await tokens.list('acc_1', filter, page);

      expect(reader.plans).toStrictEqual([
        expect.stringMatching(/^SEARCH upload_tokens USING INDEX [^;]*account_id=\?[^;]*$/),
        expect.stringMatching(/^SEARCH upload_tokens USING COVERING INDEX [^;]*account_id=\?[^;]*$/),
      ]);
    },
  );

  it.each([{}, { iuid: '7' }, { ownerLabel: 'ann' }])(
    'list the files of an account by an index in order, and count them by that index alone: %o',
    async (filter) => {
      await files.list('acc_1', filter, page);

      expect(reader.plans).toStrictEqual([
        expect.stringMatching(/^SEARCH uploaded_files USING INDEX [^;]*account_id=\?[^;]*$/),
        expect.stringMatching(/^SEARCH uploaded_files USING COVERING INDEX [^;]*account_id=\?[^;]*$/),
      ]);
    },
  );

  it('walk an index in order to list across accounts, and sort nothing', async () => {
    await tokens.listAcrossAccounts({ openAt: new Date(0) }, page);
    await files.listAcrossAccounts({}, page);

    for (const plan of reader.plans) expect(plan).toMatch(/^SCAN \w+ USING (?:COVERING )?INDEX [^;]*$/);
  });

  it('find the file of a token, a token by its hash and the bytes of an account by one look-up each', async () => {
    await files.list('acc_1', { tokenId: 'ut_1' }, page);
    await tokens.findCredentialByHash(Buffer.alloc(32));
    await files.usedBytes('acc_1');

    expect(reader.plans).toHaveLength(4);
    for (const plan of reader.plans) expect(plan).not.toContain('SCAN upload');
  });
});
