import {
  type AuditRecord,
  type DailyUsage,
  type Page,
  type PageRequest,
  type Token,
  type TokenCredential,
  type TokenFilter,
  TokenRepository,
  type TokenUsage,
} from '@tollgate/domain';
import { toAuditRow } from '../rows/audit-row';
import { epochDay } from '../rows/epoch-day';
import { type CredentialRow, TOKEN_COLUMNS, toCredential, toToken, type TokenRow, toTokenRow } from '../rows/token-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { readPage } from './read-page';

const FIND = `SELECT ${TOKEN_COLUMNS} FROM tokens WHERE id = ? AND account_id = ?`;

const FIND_CREDENTIAL = `
  SELECT ${TOKEN_COLUMNS}, a.status AS account_status, a.rate_limit AS account_rate_limit,
         a.qiniu_uid AS account_qiniu_uid
  FROM tokens JOIN accounts a ON a.id = tokens.account_id
  WHERE tokens.hash = ?`;

// One look-up a day, since the days of one token lie apart; only days that anything was used on.
// The account is asked for too, so that a token id alone opens nothing.
const LIST_DAYS = `
  WITH RECURSIVE
    bounds (first, last) AS (
      SELECT max(@first, (SELECT min(day) FROM token_usage)), min(@last, (SELECT max(day) FROM token_usage))),
    days (day) AS (
      SELECT first FROM bounds WHERE first <= last
      UNION ALL SELECT day + 1 FROM days, bounds WHERE day < last)
  SELECT date(u.day * 86400, 'unixepoch') AS day, u.requests AS requests
  FROM days JOIN tokens t ON t.id = @tokenId AND t.account_id = @accountId
            JOIN token_usage u ON u.day = days.day AND u.token_seq = t.seq
  ORDER BY days.day`;

/** Bearer tokens in the embedded store. */
export class SqliteTokenRepository extends TokenRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
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

  override async delete(accountId: string, tokenId: string, audit: AuditRecord): Promise<boolean> {
    return this.writer.submit({ verb: 'token.delete', input: { accountId, tokenId, audit: toAuditRow(audit) } });
  }

  override async recordUsage(batch: readonly TokenUsage[]): Promise<void> {
    const entries = batch.map(({ accountId, tokenId, day, requests, lastUsedAt }) => ({
      accountId,
      tokenId,
      day: epochDay(day),
      requests,
      lastUsedAtMs: lastUsedAt.getTime(),
    }));
    if (entries.length > 0) await this.writer.submit({ verb: 'token.recordUsage', input: { entries } });
  }

  override async listDailyUsage(
    accountId: string,
    tokenId: string,
    fromDay: string,
    toDay: string,
  ): Promise<readonly DailyUsage[]> {
    const range = { first: epochDay(fromDay), last: epochDay(toDay) };
    return this.reader.all(LIST_DAYS, { accountId, tokenId, ...range }) as DailyUsage[];
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'token.purge', input: { nowMs: now.getTime(), limit } });
  }
}
