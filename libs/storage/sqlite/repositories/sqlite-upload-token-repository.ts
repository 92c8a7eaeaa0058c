import {
  type AuditRecord,
  type Page,
  type PageRequest,
  UPLOAD_ADMIN,
  type UploadCommit,
  type UploadCommitOutcome,
  type UploadCredential,
  type UploadToken,
  type UploadTokenFilter,
  type UploadTokenInsertOutcome,
  UploadTokenRepository,
} from '@tollgate/domain';
import { toAuditRow } from '../rows/audit-row';
import {
  toUploadCredential,
  toUploadToken,
  toUploadTokenRow,
  UPLOAD_TOKEN_COLUMNS,
  type UploadCredentialRow,
  type UploadTokenRow,
} from '../rows/upload-token-row';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';
import { narrowing } from './narrowing';
import { readPage } from './read-page';
import { toFileCommit } from './to-file-commit';

const FIND = `SELECT ${UPLOAD_TOKEN_COLUMNS} FROM upload_tokens WHERE id = ? AND account_id = ?`;
const FIND_ACROSS_ACCOUNTS = `SELECT ${UPLOAD_TOKEN_COLUMNS} FROM upload_tokens WHERE id = ?`;

const FIND_CREDENTIAL = `
  SELECT ${UPLOAD_TOKEN_COLUMNS},
         iif(account_id = ?, 'active', (SELECT status FROM accounts WHERE accounts.id = upload_tokens.account_id))
           AS account_status
  FROM upload_tokens WHERE hash = ?`;

/** Upload tokens in the embedded store. */
export class SqliteUploadTokenRepository extends UploadTokenRepository {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  override async insert(token: UploadToken, audit: AuditRecord): Promise<UploadTokenInsertOutcome> {
    return this.writer.submit({
      verb: 'uploadToken.insert',
      input: { token: toUploadTokenRow(token), audit: toAuditRow(audit) },
    });
  }

  override async findCredentialByHash(hash: Buffer): Promise<UploadCredential | undefined> {
    const row = this.reader.get(FIND_CREDENTIAL, UPLOAD_ADMIN, hash) as UploadCredentialRow | undefined;
    return row === undefined ? undefined : toUploadCredential(row);
  }

  override async findById(accountId: string, tokenId: string): Promise<UploadToken | undefined> {
    const row = this.reader.get(FIND, tokenId, accountId) as UploadTokenRow | undefined;
    return row === undefined ? undefined : toUploadToken(row);
  }

  override async findByIdAcrossAccounts(tokenId: string): Promise<UploadToken | undefined> {
    const row = this.reader.get(FIND_ACROSS_ACCOUNTS, tokenId) as UploadTokenRow | undefined;
    return row === undefined ? undefined : toUploadToken(row);
  }

  override async list(accountId: string, filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>> {
    return this.read(accountId, filter, page);
  }

  override async listAcrossAccounts(filter: UploadTokenFilter, page: PageRequest): Promise<Page<UploadToken>> {
    return this.read(undefined, filter, page);
  }

  override async revoke(
    accountId: string,
    tokenId: string,
    at: Date,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<UploadToken | undefined> {
    const row = await this.writer.submit({
      verb: 'uploadToken.revoke',
      input: {
        accountId,
        tokenId,
        atMs: at.getTime(),
        purgeAtMs: purgeAt.getTime(),
        audit: toAuditRow(audit),
      },
    });
    return row === null ? undefined : toUploadToken(row);
  }

  override async revokeAll(accountId: string, at: Date, purgeAt: Date): Promise<number> {
    return this.writer.submit({
      verb: 'uploadToken.revokeAll',
      input: { accountId, atMs: at.getTime(), purgeAtMs: purgeAt.getTime() },
    });
  }

  override async refuse(
    accountId: string,
    tokenId: string,
    at: Date,
    purgeAt: Date,
    audit: AuditRecord,
  ): Promise<boolean> {
    return this.writer.submit({
      verb: 'uploadToken.refuse',
      input: {
        accountId,
        tokenId,
        atMs: at.getTime(),
        purgeAtMs: purgeAt.getTime(),
        audit: toAuditRow(audit),
      },
    });
  }

  override async commit(tokenId: string, purgeAt: Date, commit: UploadCommit): Promise<UploadCommitOutcome> {
    return this.writer.submit({
      verb: 'uploadToken.commit',
      input: { tokenId, purgeAtMs: purgeAt.getTime(), ...toFileCommit(commit) },
    });
  }

  override async purge(now: Date, limit: number): Promise<number> {
    return this.writer.submit({ verb: 'uploadToken.purge', input: { nowMs: now.getTime(), limit } });
  }

  private read(accountId: string | undefined, filter: UploadTokenFilter, page: PageRequest): Page<UploadToken> {
    return readPage(
      this.reader,
      {
        columns: UPLOAD_TOKEN_COLUMNS,
        table: 'upload_tokens',
        ...narrowing([
          ['account_id = @accountId', 'accountId', accountId],
          ['iuid = @iuid', 'iuid', filter.iuid],
          ['owner_label = @ownerLabel', 'ownerLabel', filter.ownerLabel],
          ['end_reason IS NULL AND expires_at > @openAtMs', 'openAtMs', filter.openAt?.getTime()],
        ]),
        orderBy: 'created_at DESC, id',
        toItem: toUploadToken,
      },
      page,
    );
  }
}
