import {
  type Account,
  type AccountCredentials,
  AccountRepository,
  type AccountStatus,
  type AuditRecord,
  type Page,
  type PageRequest,
  type RateLimit,
  type SealedSecret,
  type ValidationLogSetting,
} from '@tollgate/domain';
import { ACCOUNT_COLUMNS, type AccountRow, toAccount, toAccountRow } from '../rows/account-row';
import { toAuditRow } from '../rows/audit-row';
import { rateLimitText } from '../rows/rate-limit-text';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { readPage } from './read-page';

const SELECT = `SELECT ${ACCOUNT_COLUMNS} FROM accounts WHERE`;

/** Accounts in the embedded store. */
export class SqliteAccountRepository extends AccountRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async insert(account: Account, audit: AuditRecord): Promise<void> {
    const input = { account: toAccountRow(account), audit: toAuditRow(audit) };
    await this.writer.submit({ verb: 'account.insert', input });
  }

  override async findById(accountId: string): Promise<Account | undefined> {
    return this.find('id = ?', accountId);
  }

  override async findByAccessKey(accessKey: string): Promise<Account | undefined> {
    return this.find('access_key = ?', accessKey);
  }

  override async findByEmail(email: string): Promise<Account | undefined> {
    return this.find('email = ?', email);
  }

  override async findByQiniuUid(uid: number): Promise<Account | undefined> {
    return this.find('qiniu_uid = ?', uid);
  }

  override async replaceSecret(
    accountId: string,
    secret: Pick<AccountCredentials, 'secretSealed' | 'secretHash'>,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const { secretSealed, secretHash } = secret;
    const row = await this.writer.submit({
      verb: 'account.replaceSecret',
      input: { accountId, ...secretSealed, secretHash, atMs: at.getTime(), audit: toAuditRow(audit) },
    });
    return accountOrUndefined(row);
  }

  override async setStatus(
    accountId: string,
    status: AccountStatus,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const row = await this.writer.submit({
      verb: 'account.setStatus',
      input: { accountId, status, atMs: at.getTime(), audit: toAuditRow(audit) },
    });
    return accountOrUndefined(row);
  }

  override async setRateLimit(
    accountId: string,
    rateLimit: RateLimit | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const row = await this.writer.submit({
      verb: 'account.setRateLimit',
      input: { accountId, rateLimit: rateLimitText(rateLimit), atMs: at.getTime(), audit: toAuditRow(audit) },
    });
    return accountOrUndefined(row);
  }

  override async setValidationLog(
    accountId: string,
    validationLog: ValidationLogSetting | undefined,
    at: Date,
    audit: AuditRecord,
  ): Promise<Account | undefined> {
    const retentionMs = validationLog?.retentionMs ?? null;
    const row = await this.writer.submit({
      verb: 'account.setValidationLog',
      input: { accountId, retentionMs, atMs: at.getTime(), audit: toAuditRow(audit) },
    });
    return accountOrUndefined(row);
  }

  override async upsertFromDirectory(account: Account): Promise<void> {
    await this.writer.submit({ verb: 'account.upsertFromDirectory', input: { account: toAccountRow(account) } });
  }

  override async reseal(accountId: string, from: SealedSecret, to: SealedSecret): Promise<boolean> {
    return this.writer.submit({
      verb: 'account.reseal',
      input: {
        accountId,
        fromKeyId: from.keyId,
        fromEnvelope: from.envelope,
        toKeyId: to.keyId,
        toEnvelope: to.envelope,
      },
    });
  }

  override async listAcrossAccounts(
    filter: { readonly status?: AccountStatus; readonly search?: string },
    page: PageRequest,
  ): Promise<Page<Account>> {
    const conditions: string[] = [];
    const parameters: Record<string, string> = {};
    if (filter.status !== undefined) {
      conditions.push('status = @status');
      parameters['status'] = filter.status;
    }
    if (filter.search !== undefined) {
      const part = (column: string): string => `${column} LIKE @pattern ESCAPE '\\'`;
      conditions.push(`(${part('id')} OR ${part('email')} OR ${part('company')} OR access_key = @search)`);
      parameters['search'] = filter.search;
      parameters['pattern'] = `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`;
    }
    return readPage(
      this.reader,
      {
        columns: ACCOUNT_COLUMNS,
        table: 'accounts',
        conditions,
        orderBy: 'created_at DESC, id',
        parameters,
        toItem: toAccount,
      },
      page,
    );
  }

  override async listSealedOtherwiseAcrossAccounts(
    keyId: string,
    afterId: string,
    limit: number,
  ): Promise<readonly { readonly accountId: string; readonly secretSealed: SealedSecret }[]> {
    const rows = this.reader.all(
      `SELECT id, secret_key_id AS keyId, secret_envelope AS envelope FROM accounts
       WHERE id > ? AND secret_key_id IS NOT NULL AND secret_key_id <> ? ORDER BY id LIMIT ?`,
      afterId,
      keyId,
      limit,
    ) as { id: string; keyId: string; envelope: string }[];
    return rows.map(({ id, keyId: sealedBy, envelope }) => ({
      accountId: id,
      secretSealed: { keyId: sealedBy, envelope },
    }));
  }

  override async countBySealKeyAcrossAccounts(): Promise<ReadonlyMap<string, number>> {
    const rows = this.reader.all(
      `SELECT keyId, count(*) AS count FROM (
         SELECT secret_key_id AS keyId FROM accounts WHERE secret_key_id IS NOT NULL
         UNION ALL SELECT key_id FROM tunnel_tokens
       ) GROUP BY keyId`,
    ) as { keyId: string; count: number }[];
    return new Map(rows.map(({ keyId, count }) => [keyId, count]));
  }

  private find(condition: string, value: string | number): Account | undefined {
    return accountOrUndefined(this.reader.get(`${SELECT} ${condition}`, value) as AccountRow | undefined);
  }
}

function accountOrUndefined(row: AccountRow | null | undefined): Account | undefined {
  return row === null || row === undefined ? undefined : toAccount(row);
}
