import { join } from 'node:path';
import { newAccountId, type Token } from '@tollgate/domain';
import {
  buildAuditRecord,
  buildToken,
  buildUsage,
  buildUsageBatch,
  FakeClock,
  TEST_EPOCH_MS,
  useTemporaryFolder,
} from '@tollgate/testing';
import type { CommittedBatch } from '../commands/batch-executor';
import type { WriteCommand } from '../commands/command';
import { SQLITE_LIMITS } from '../limits';
import { MIGRATIONS } from '../migrations';
import { migrate } from '../migrator';
import { createDatabaseFile, openForReading, openForWriting } from '../open-database';
import { SqliteReader } from '../sqlite-reader';
import { GroupCommitWriter } from '../writer/group-commit-writer';
import { InlineRunner } from '../writer/inline-runner';
import { SqliteTokenRepository } from './sqlite-token-repository';

const HOUR = Math.floor(TEST_EPOCH_MS / 3_600_000);
const { usageEntriesPerCommand } = SQLITE_LIMITS;

/** Notes the verbs of each transaction, and fails before those it is told to. */
class WatchedRunner extends InlineRunner {
  readonly transactions: string[][] = [];
  failingTransaction: number | undefined;

  override async run(commands: readonly WriteCommand[]): Promise<CommittedBatch> {
    this.transactions.push(commands.map(({ verb }) => verb));
    if (this.transactions.length === this.failingTransaction) throw new Error('disk I/O error');
    return super.run(commands);
  }
}

describe('SqliteTokenRepository: a usage batch of more entries than one command takes', () => {
  const folder = useTemporaryFolder();
  let reader: SqliteReader;
  let runner: WatchedRunner;
  let writer: GroupCommitWriter;
  let tokens: SqliteTokenRepository;
  let token: Token;

  beforeEach(async () => {
    const path = join(folder(), 'tollgate.db');
    createDatabaseFile(path);
    const db = openForWriting(path);
    migrate(db, MIGRATIONS);
    runner = new WatchedRunner(db);
    reader = new SqliteReader(openForReading(path));
    writer = new GroupCommitWriter(runner, () => undefined);
    tokens = new SqliteTokenRepository(reader, writer, new FakeClock());
    token = buildToken({ accountId: newAccountId() });
    await tokens.insert(token, buildAuditRecord({ accountId: token.accountId }));
    runner.transactions.length = 0;
  });
  afterEach(async () => {
    await writer.stop();
    reader.close();
    await runner.close();
  });

  const batchOf = (entries: number): ReturnType<typeof buildUsageBatch> =>
    buildUsageBatch(
      Array.from({ length: entries }, () => buildUsage(token, HOUR, { valid: 1 }, new Date(TEST_EPOCH_MS))),
    );
  const total = async (): Promise<number | undefined> =>
    (await tokens.findById(token.accountId, token.id))?.totalRequests;

  it('is one command up to the limit and two from there on', async () => {
    await tokens.recordUsage(batchOf(usageEntriesPerCommand));
    expect(runner.transactions).toHaveLength(1);
    await tokens.recordUsage(batchOf(usageEntriesPerCommand + 1));
    expect(runner.transactions).toHaveLength(3);
    expect(await total()).toBe(2 * usageEntriesPerCommand + 1);
  });

  it('lets other writes get between its pieces', async () => {
    const recorded = tokens.recordUsage(batchOf(3 * usageEntriesPerCommand));
    await writer.submit({ verb: 'ping', input: null });
    await writer.submit({ verb: 'ping', input: null });
    await recorded;

    expect(runner.transactions).toStrictEqual([
      ['token.recordUsage', 'ping'],
      ['token.recordUsage', 'ping'],
      ['token.recordUsage'],
    ]);
  });

  it('counts each entry once when it failed in between and is told again', async () => {
    const batch = batchOf(3 * usageEntriesPerCommand);
    runner.failingTransaction = 2;
    await expect(tokens.recordUsage(batch)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await total()).toBe(usageEntriesPerCommand);

    await tokens.recordUsage(batch);
    expect(await total()).toBe(batch.entries.length);
    await tokens.recordUsage(batch);
    expect(await total()).toBe(batch.entries.length);
  });
});
