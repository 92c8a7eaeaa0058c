import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import {
  type Account,
  type AuditRecord,
  type DailyUsage,
  DuplicateError,
  type ImportOutcome,
  ImportRepository,
  type Token,
} from '@tollgate/domain';
import { Model } from 'mongoose';
import { MongoChangeFeed } from './mongo-change-feed';
import { AccountDocument, toAccountDocument } from './schemas/account.schema';
import { AuditRecordDocument, toAuditDocument } from './schemas/audit-record.schema';
import { TokenDocument, toTokenDocument } from './schemas/token.schema';
import { onStore } from './store-errors';

/** Inserts what another installation hands over; the unique indexes decide what is there already. */
@Injectable()
export class MongoImportRepository extends ImportRepository {
  constructor(
    @InjectModel(AccountDocument.name) private readonly accounts: Model<AccountDocument>,
    @InjectModel(TokenDocument.name) private readonly tokens: Model<TokenDocument>,
    @InjectModel(AuditRecordDocument.name) private readonly records: Model<AuditRecordDocument>,
    private readonly changes: MongoChangeFeed,
  ) {
    super();
  }

  /** The same account is one with the same id and the same names it signs and registers by. */
  override async importAccount(account: Account): Promise<ImportOutcome> {
    const outcome = await this.insert(
      () => this.accounts.create(toAccountDocument(account)),
      () =>
        this.accounts.exists({
          _id: account.id,
          email: account.email ?? { $exists: false },
          access_key: account.credentials?.accessKey ?? { $exists: false },
        }),
    );
    if (outcome.kind === 'inserted') this.changes.publish({ kind: 'account', accountId: account.id });
    return outcome;
  }

  /** The same token is one with the same id, account and value. */
  override async importToken(token: Token, usage: readonly DailyUsage[]): Promise<ImportOutcome> {
    const outcome = await this.insert(
      () => this.tokens.create(toTokenDocument(token, usage)),
      () => this.tokens.exists({ token_id: token.id, account_id: token.accountId, token: token.hash }),
    );
    if (outcome.kind === 'inserted') {
      this.changes.publish({ kind: 'token', tokenHash: token.hash.toString('hex') });
    }
    return outcome;
  }

  /** The same record is one with the same id. */
  override importAuditRecord(record: AuditRecord): Promise<ImportOutcome> {
    return this.insert(
      () => this.records.create(toAuditDocument(record)),
      () => this.records.exists({ _id: record.id }),
    );
  }

  private async insert(create: () => Promise<unknown>, findSame: () => PromiseLike<unknown>): Promise<ImportOutcome> {
    try {
      await onStore(create);
      return { kind: 'inserted' };
    } catch (error) {
      if (!(error instanceof DuplicateError)) throw error;
      const same = await onStore(async () => findSame());
      return same === null ? { kind: 'conflict', field: error.field } : { kind: 'exists' };
    }
  }
}
