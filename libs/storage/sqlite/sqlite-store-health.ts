import { StoreHealth } from '@tollgate/domain';
import type { SqliteReader } from './sqlite-reader';
import { within } from './within';
import type { GroupCommitWriter } from './writer/group-commit-writer';

/** Whether the file can be read, and whether the writer lives and gets the write lock. */
export class SqliteStoreHealth extends StoreHealth {
  override readonly kind = 'sqlite';

  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async ping(timeoutMs: number): Promise<void> {
    this.reader.get('SELECT count(*) FROM schema_migrations');
    const written = this.writer.submit({ verb: 'ping', input: null });
    await within(written, timeoutMs, 'the record store did not answer in time');
  }
}
