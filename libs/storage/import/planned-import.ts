import {
  type Account,
  type AccountRepository,
  type AuditRecord,
  type ImportOutcome,
  ImportRepository,
  type Token,
  type TokenRepository,
} from '@tollgate/domain';

/**
 * Answers what an import would do and writes nothing. Looks at the store for accounts and tokens, and remembers what
 * it has answered, so that two records of one import that clash are found too. Audit records that are there already
 * are not told apart.
 */
export class PlannedImport extends ImportRepository {
  private readonly taken = new Set<string>();

  constructor(
    private readonly accounts: Pick<
      AccountRepository,
      'findById' | 'findByEmail' | 'findByAccessKey' | 'findByQiniuUid'
    >,
    private readonly tokens: Pick<TokenRepository, 'findById' | 'findCredentialByHash'>,
  ) {
    super();
  }

  override async importAccount(account: Account): Promise<ImportOutcome> {
    const accessKey = account.credentials?.accessKey;
    const stored = await this.accounts.findById(account.id);
    if (stored !== undefined) {
      const same = stored.email === account.email && stored.credentials?.accessKey === accessKey;
      return same ? { kind: 'exists' } : { kind: 'conflict', field: 'id' };
    }
    const { email, qiniuUid } = account;
    if (email !== undefined && (await this.accounts.findByEmail(email))) return { kind: 'conflict', field: 'email' };
    if (accessKey !== undefined && (await this.accounts.findByAccessKey(accessKey))) {
      return { kind: 'conflict', field: 'access_key' };
    }
    if (qiniuUid !== undefined && (await this.accounts.findByQiniuUid(qiniuUid))) {
      return { kind: 'conflict', field: 'qiniu_uid' };
    }
    return this.take('account', {
      id: account.id,
      ...(email === undefined ? {} : { email }),
      ...(accessKey === undefined ? {} : { access_key: accessKey }),
      ...(qiniuUid === undefined ? {} : { qiniu_uid: String(qiniuUid) }),
    });
  }

  override async importToken(token: Token): Promise<ImportOutcome> {
    const stored = await this.tokens.findById(token.accountId, token.id);
    if (stored !== undefined) {
      return stored.hash.equals(token.hash) ? { kind: 'exists' } : { kind: 'conflict', field: 'id' };
    }
    if (await this.tokens.findCredentialByHash(token.hash)) return { kind: 'conflict', field: 'token' };
    return this.take('token', { id: token.id, token: token.hash.toString('base64') });
  }

  override importAuditRecord(record: AuditRecord): Promise<ImportOutcome> {
    const outcome = this.take('audit', { id: record.id });
    return Promise.resolve(outcome.kind === 'conflict' ? { kind: 'exists' } : outcome);
  }

  private take(kind: string, unique: Readonly<Record<string, string>>): ImportOutcome {
    const keys = Object.entries(unique).map(([field, value]) => ({ field, key: `${kind}\n${field}\n${value}` }));
    const clash = keys.find(({ key }) => this.taken.has(key));
    if (clash !== undefined) return { kind: 'conflict', field: clash.field };
    for (const { key } of keys) this.taken.add(key);
    return { kind: 'inserted' };
  }
}
