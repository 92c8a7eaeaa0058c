import {
  type AuditRecord,
  type Clock,
  type Page,
  type PageRequest,
  type Token,
  type TokenChanges,
  type TokenCredential,
  type TokenFilter,
  TokenRepository,
  type UsageBatch,
  type UsageBucket,
  type UsageGranularity,
} from '@tollgate/domain';
import { SQLITE_LIMITS } from '../limits';
import { toAuditRow } from '../rows/audit-row';
import { rateLimitText } from '../rows/rate-limit-text';
import { type CredentialRow, TOKEN_COLUMNS, toCredential, toToken, type TokenRow, toTokenRow } from '../rows/token-row';
import { packUsage } from '../rows/usage-entries';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { listUsage } from './list-usage';
import { readPage } from './read-page';

const FIND = `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE id = ? AND account_id = ?`;

const FIND_CREDENTIAL = `
  SELECT ${TOKEN_COLUMNS}, a.status AS account_status, a.rate_limit AS account_rate_limit,
         a.qiniu_uid AS account_qiniu_uid, a.validation_log_retention_ms AS account_validation_log_retention_ms
  FROM tokens JOIN accounts a ON a.id = tokens.account_id
  WHERE tokens.hash = ?`;

/** Bearer tokens in the embedded store. */
export class SqliteTokenRepository extends TokenRepository {
  /** @param clock tells when a usage batch was counted, which is for how long it is remembered */
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async insert(token: Token, audit: AuditRecord): Promise<void> {
    await this.writer.submit({
      verb: 'token.insert',
      input: { token: toTokenRow(token), audit: toAuditRow(audit) },
    });
  }

  override async findById(accountId: string, tokenId: string): Promise<Token | undefined> {
    const row = this.reader.get(FIND, tokenId, accountId) as TokenRow | undefined;
    return row === undefined ? undefined : toToken(row);
  }

  override async findCredentialByHash(hash: Buffer): Promise<TokenCredential | undefined> {
    const row = this.reader.get(FIND_CREDENTIAL, hash) as CredentialRow | undefined;
    return row === undefined ? undefined : toCredential(row);
  }

  override async list(accountId: string, filter: TokenFilter, page: PageRequest): Promise<Page<Token>> {
    const conditions = ['account_id = @accountId'];
    const parameters: Record<string, string | number> = { accountId };
    if (filter.iuid !== undefined) {
      conditions.push('iuid = @iuid');
      parameters['iuid'] = filter.iuid;
    }
    if (filter.activeAt !== undefined) {
      conditions.push('is_active = 1 AND (expires_at IS NULL OR expires_at > @activeAtMs)');
      parameters['activeAtMs'] = filter.activeAt.getTime();
    }
    return readPage(
      this.reader,
      {
        columns: TOKEN_COLUMNS,
        table: 'tokens',
        conditions,
        orderBy: 'created_at DESC, id',
        parameters,
        toItem: toToken,
      },
      page,
    );
  }

  override async setActive(
    accountId: string,
    tokenId: string,
    isActive: boolean,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    const row = await this.writer.submit({
      verb: 'token.setActive',
      input: { accountId, tokenId, isActive: isActive ? 1 : 0, atMs: at.getTime(), audit: toAuditRow(audit) },
    });
    return row === null ? undefined : toToken(row);
  }

  override async update(
    accountId: string,
    tokenId: string,
    changes: TokenChanges,
    at: Date,
    audit: AuditRecord,
  ): Promise<Token | undefined> {
    const { description = null, scopes, rateLimit } = changes;
    const row = await this.writer.submit({
      verb: 'token.update',
      input: {
        change: {
          accountId,
          tokenId,
          description,
          scopes: scopes === undefined ? null : JSON.stringify(scopes),
          setsRateLimit: rateLimit === undefined ? 0 : 1,
          rateLimit: rateLimitText(rateLimit ?? undefined),
          atMs: at.getTime(),
        },
        audit: toAuditRow(audit),
      },
    });
    return row === null ? undefined : toToken(row);
  }

  override async delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean> {
    return this.writer.submit({ verb: 'token.delete', input: { accountId, tokenId, audit: toAuditRow(audit) } });
  }

  /**
   * A batch of more than `usageEntriesPerCommand` is counted in pieces, each once: one that fails in between is whole
   * after it was told again.
   */
  override async recordUsage({ id, entries }: UsageBatch): Promise<void> {
    const size = SQLITE_LIMITS.usageEntriesPerCommand;
    for (let start = 0; start < entries.length; start += size) {
      const piece = packUsage(entries.slice(start, start + size));
      const batchId = `${id}/${String(start / size)}`;
      await this.writer.submit({
        verb: 'token.recordUsage',
        input: { batchId, atMs: this.clock.nowMs(), entries: piece },
      });
    }
  }

  override async listUsage(
    accountId: string,
    tokenId: string,
    granularity: UsageGranularity,
    fromHour: number,
    toHour: number,
  ): Promise<readonly UsageBucket[]> {
    return listUsage(this.reader, granularity, { accountId, tokenId, fromHour, toHour });
  }

  override async foldUsage(beforeHour: number, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'token.foldUsage', input: { beforeHour, limit } });
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'token.purge', input: { nowMs: now.getTime(), limit } });
  }
}
