import {
  type Page,
  type PageRequest,
  type ValidationFilter,
  ValidationLogRepository,
  type ValidationRecord,
} from '@tollgate/domain';
import { usageResultCode } from '../rows/usage-result';
import { toValidationRecord, toValidationRow, VALIDATION_COLUMNS } from '../rows/validation-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { readPage } from './read-page';

/** The validation log in the embedded store. */
export class SqliteValidationLogRepository extends ValidationLogRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async append(records: readonly ValidationRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.writer.submit({ verb: 'validationLog.append', input: { records: records.map(toValidationRow) } });
  }

  override async list(
    accountId: string,
    tokenId: string,
    filter: ValidationFilter,
    page: PageRequest,
  ): Promise<Page<ValidationRecord>> {
    const conditions = ['account_id = @accountId', 'token_id = @tokenId'];
    const parameters: Record<string, string | number> = { accountId, tokenId };
    const narrow = (condition: string, name: string, value: number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      parameters[name] = value;
    };
    narrow('result = @result', 'result', filter.result === undefined ? undefined : usageResultCode(filter.result));
    narrow('at >= @fromMs', 'fromMs', filter.from?.getTime());
    narrow('at < @toMs', 'toMs', filter.to?.getTime());
    return readPage(
      this.reader,
      {
        columns: VALIDATION_COLUMNS,
        table: 'validation_log',
        conditions,
        orderBy: 'at DESC, id',
        parameters,
        toItem: toValidationRecord,
      },
      page,
    );
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'validationLog.purge', input: { nowMs: now.getTime(), limit } });
  }
}
