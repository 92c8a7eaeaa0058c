import { join } from 'node:path';
import { UPLOAD_ADMIN, type UploadToken } from '@tollgate/domain';
import {
  buildAuditRecord,
  buildUploadCallback,
  buildUploadedFile,
  buildUploadToken,
  useTemporaryFolder,
} from '@tollgate/testing';
import type { Database } from 'better-sqlite3';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForWriting } from '../open-database';
import { toAuditRow } from '../rows/audit-row';
import { toUploadCallbackRow } from '../rows/upload-callback-row';
import { toUploadTokenRow } from '../rows/upload-token-row';
import { toUploadedFileRow } from '../rows/uploaded-file-row';
import { BatchExecutor, type CommandOutcome } from './batch-executor';
import type { WriteCommand } from './command';

describe('writes of uploads', () => {
  const folder = useTemporaryFolder();
  let db: Database;
  let executor: BatchExecutor;

  beforeEach(() => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    db = openForWriting(path);
    migrate(db, MIGRATIONS);
    executor = new BatchExecutor(db);
  });
  afterEach(() => {
    db.close();
  });

  const run = (...commands: WriteCommand[]): readonly CommandOutcome[] => executor.executeBatch(commands).outcomes;
  const count = (table: string): unknown => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  const audit = (action: string): ReturnType<typeof toAuditRow> =>
    toAuditRow(buildAuditRecord({ accountId: UPLOAD_ADMIN, action }));

  function storedToken(): UploadToken {
    const token = buildUploadToken({ accountId: UPLOAD_ADMIN });
    run({ verb: 'uploadToken.insert', input: { token: toUploadTokenRow(token), audit: audit('issue') } });
    return token;
  }

  function commitOf(
    { id: tokenId }: UploadToken,
    file = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId }),
    callback = buildUploadCallback(file),
  ): WriteCommand<'uploadToken.commit'> {
    return {
      verb: 'uploadToken.commit',
      input: {
        tokenId,
        purgeAtMs: 5,
        file: toUploadedFileRow(file),
        callback: toUploadCallbackRow(callback),
        quotaBytes: null,
        audit: audit('upload_file'),
      },
    };
  }

  it('keep nothing of a commit whose last part failed, and the token is open again', () => {
    const [first, second] = [storedToken(), storedToken()];
    const kept = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId: first.id, size: 7 });
    const callback = buildUploadCallback(kept);
    run(commitOf(first, kept, callback));

    const file = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId: second.id });
    const [outcome] = run(commitOf(second, file, { ...callback, fileId: file.id }));

    expect(outcome).toMatchObject({ kind: 'fault' });
    expect(count('uploaded_files')).toBe(1);
    expect(db.prepare('SELECT bytes FROM uploaded_bytes').pluck().all()).toStrictEqual([7]);
    expect(db.prepare('SELECT end_reason FROM upload_tokens WHERE id = ?').pluck().get(second.id)).toBeNull();
    expect(run(commitOf(second, file))).toStrictEqual([{ kind: 'done', result: 'stored' }]);
  });

  it('commit one of several uploads with a token in the same transaction', () => {
    const token = storedToken();

    expect(run(commitOf(token), commitOf(token), commitOf(token))).toStrictEqual([
      { kind: 'done', result: 'stored' },
      { kind: 'done', result: 'ended' },
      { kind: 'done', result: 'ended' },
    ]);
    expect(count('uploaded_files')).toBe(1);
    expect(count('upload_callbacks')).toBe(1);
  });

  it('cannot hold two files of one token, whatever was decided before', () => {
    const token = storedToken();
    run(commitOf(token));
    db.prepare('UPDATE upload_tokens SET end_reason = NULL, ended_at = NULL, file_id = NULL').run();

    expect(run(commitOf(token))).toMatchObject([{ kind: 'fault' }]);
    expect(count('uploaded_files')).toBe(1);
  });

  it('keep the bytes of an account at the sum of its files', () => {
    const accounts = ['acc_a', 'acc_b'];
    const files = Array.from({ length: 60 }, (_, index) =>
      buildUploadedFile({ accountId: accounts[index % 2] ?? '', size: 1 + ((index * 7_919) % 1_000) }),
    );
    const inserts = files.map((file) => ({
      verb: 'uploadedFile.insert' as const,
      input: { file: toUploadedFileRow(file), callback: null, quotaBytes: 14_000, audit: audit('upload_file') },
    }));
    const removals = files.slice(0, 20).map(({ id, accountId }) => ({
      verb: 'uploadedFile.delete' as const,
      input: { accountId, fileId: id, audit: audit('delete_file') },
    }));
    run(...inserts.slice(0, 40), ...removals, ...inserts.slice(30), ...removals);

    const sums = db.prepare('SELECT account_id, sum(size) AS bytes FROM uploaded_files GROUP BY 1 ORDER BY 1').all();
    expect(db.prepare('SELECT account_id, bytes FROM uploaded_bytes ORDER BY 1').all()).toStrictEqual(sums);
    expect(sums).toHaveLength(2);
    expect(count('deleted_files')).toBe(20);
  });
});
