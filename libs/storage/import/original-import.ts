import type {
  Account,
  AccountCredentials,
  AccountRepository,
  AuditRepository,
  Clock,
  ImportOutcome,
  ImportRepository,
  TokenRepository,
} from '@tollgate/domain';
import { type ImportCursor, type ImportReport, ImportTally } from './import-report';
import {
  importAudit,
  impliedQiniuAccount,
  toImportedAccount,
  toImportedAuditRecord,
  toImportedToken,
} from './imported-records';
import {
  ORIGINAL_COLLECTIONS,
  type OriginalAccount,
  type OriginalAuditRecord,
  type OriginalCollection,
  type OriginalEntry,
  type OriginalRows,
  type OriginalSource,
  type OriginalToken,
} from './original-source';
import { PlannedImport } from './planned-import';

/** Seals a SecretKey under the master key and hashes it. */
export type SealSecret = (
  accountId: string,
  secretKey: string,
) => Promise<Pick<AccountCredentials, 'secretSealed' | 'secretHash'>>;

/** What an import works with. */
export interface OriginalImportParts {
  readonly source: OriginalSource;
  readonly imports: ImportRepository;
  readonly accounts: AccountRepository;
  readonly tokens: TokenRepository;
  readonly audits: AuditRepository;
  readonly seal: SealSecret;
  readonly clock: Clock;
}

export interface OriginalImportOptions {
  /** How long an expired token is known (`EXPIRED_TOKEN_RETENTION`). */
  readonly expiredTokenRetentionMs: number;
  /** How long audit records are kept. */
  readonly auditRetentionMs: number;
  /** Reads and judges everything, writes nothing. */
  readonly dryRun?: boolean;
  /** Go on after this point of an interrupted run. Starting anew does the same, only slower. */
  readonly resumeAfter?: ImportCursor;
  /** Told after every portion that is durable; its cursor is where a later run may resume. */
  readonly onProgress?: (cursor: ImportCursor, recordsDone: number) => void | Promise<void>;
}

/** Records prepared at once: sealing hashes with bcrypt, on as many threads as Node lends. */
const PORTION = 8;
/** A deletion is looked for among this many records of one token. */
const DELETIONS_SEEN = 20;

/**
 * Takes over the records of the original service: seals its SecretKeys, hashes its tokens, strips secrets from its
 * audit trail. Every step may be repeated, so that a run can be interrupted anywhere and started again. A record that
 * can't be taken over becomes a problem in the report; a store that fails ends the run with that store's error.
 */
export class OriginalImport {
  private readonly imports: ImportRepository;
  private readonly tally = new ImportTally();
  /** Accounts known to be here, so that not every token asks the store. */
  private readonly known = new Set<string>();

  constructor(
    private readonly parts: OriginalImportParts,
    private readonly options: OriginalImportOptions,
  ) {
    this.imports = options.dryRun === true ? new PlannedImport(parts.accounts, parts.tokens) : parts.imports;
  }

  /** Runs once; for another run make another import. */
  async run(): Promise<ImportReport> {
    const { resumeAfter } = this.options;
    const start = resumeAfter === undefined ? 0 : ORIGINAL_COLLECTIONS.indexOf(resumeAfter.collection);
    for (const collection of ORIGINAL_COLLECTIONS.slice(start)) {
      const after = resumeAfter?.collection === collection ? resumeAfter.after : undefined;
      if (collection === 'accounts') await this.take(collection, after, (portion) => this.takeAccounts(portion));
      else if (collection === 'tokens') await this.take(collection, after, (portion) => this.takeTokens(portion));
      else await this.take(collection, after, (portion) => this.takeAuditRecords(portion));
    }
    return this.tally.report(this.options.dryRun === true);
  }

  private async take<C extends OriginalCollection>(
    collection: C,
    after: string | undefined,
    takePortion: (rows: readonly OriginalRows[C][]) => Promise<void>,
  ): Promise<void> {
    for await (const entries of portions(this.parts.source.read(collection, after))) {
      for (const { problem } of entries) if (problem !== undefined) this.tally.invalid(problem);
      await takePortion(entries.flatMap(({ row }) => (row === undefined ? [] : [row])));
      const last = entries.at(-1);
      if (last !== undefined) await this.options.onProgress?.({ collection, after: last.cursor }, this.tally.total);
    }
  }

  private async takeAccounts(rows: readonly OriginalAccount[]): Promise<void> {
    // Prepared side by side, because sealing takes long; imported in order, so that of two rivals the first one wins.
    const prepared = await Promise.all(rows.map((row) => this.prepareAccount(row)));
    for (const [index, row] of rows.entries()) {
      const ready = prepared[index];
      if (ready === undefined) continue;
      const outcome = 'outcome' in ready ? ready.outcome : await this.imports.importAccount(ready.account);
      this.tally.outcome('accounts', row.id, outcome);
      if (outcome.kind !== 'conflict') await this.accountIsHere(row.id);
    }
  }

  /** The account as it will be kept, or the outcome if it is here: then its secret need not be sealed again. */
  private async prepareAccount(row: OriginalAccount): Promise<{ account: Account } | { outcome: ImportOutcome }> {
    const stored = await this.parts.accounts.findById(row.id);
    if (stored !== undefined) {
      const same = stored.email === row.email && stored.credentials?.accessKey === row.keys?.accessKey;
      return { outcome: same ? { kind: 'exists' } : { kind: 'conflict', field: 'id' } };
    }
    if (row.keys === undefined) return { account: toImportedAccount(row, undefined) };
    const { accessKey, secretKey } = row.keys;
    const sealed = this.options.dryRun === true ? NOT_SEALED : await this.parts.seal(row.id, secretKey);
    return { account: toImportedAccount(row, { accessKey, ...sealed }) };
  }

  private async takeTokens(rows: readonly OriginalToken[]): Promise<void> {
    for (const row of rows) await this.takeToken(row);
  }

  private async takeToken(row: OriginalToken): Promise<void> {
    const token = toImportedToken(row, this.options.expiredTokenRetentionMs);
    if (token.purgeAt !== undefined && token.purgeAt <= this.parts.clock.now()) {
      this.tally.skip('tokens');
      return;
    }
    if (!(await this.hasAccount(row))) {
      const reason = 'names an account that is not here';
      this.tally.invalid({ collection: 'tokens', id: row.id, field: 'account_id', reason });
      return;
    }
    if (await this.wasDeletedHere(row)) {
      this.tally.skip('tokens');
      return;
    }
    const outcome = await this.imports.importToken(token, []);
    this.tally.outcome('tokens', row.id, outcome);
    if (outcome.kind !== 'conflict') await this.audit('import_token', row.accountId, row.id);
  }

  private async takeAuditRecords(rows: readonly OriginalAuditRecord[]): Promise<void> {
    const oldest = this.parts.clock.nowMs() - this.options.auditRetentionMs;
    for (const row of rows) {
      if (row.timestamp.getTime() < oldest) this.tally.skip('audit_logs');
      else {
        const outcome = await this.imports.importAuditRecord(toImportedAuditRecord(row));
        this.tally.outcome('audit_logs', row.id, outcome);
      }
    }
  }

  private async hasAccount(token: OriginalToken): Promise<boolean> {
    if (this.known.has(token.accountId)) return true;
    if (await this.parts.accounts.findById(token.accountId)) {
      this.known.add(token.accountId);
      return true;
    }
    const implied = impliedQiniuAccount(token);
    if (implied === undefined) return false;
    const outcome = await this.imports.importAccount(implied);
    this.tally.outcome('accounts', implied.id, outcome);
    if (outcome.kind === 'conflict') return false;
    await this.accountIsHere(implied.id);
    return true;
  }

  /** A token revoked here after an earlier run must stay revoked, although the original still has it. */
  private async wasDeletedHere({ accountId, id }: OriginalToken): Promise<boolean> {
    const filter = { action: 'delete_token', resourceId: id };
    const page = await this.parts.audits.list(accountId, filter, { limit: DELETIONS_SEEN, offset: 0 });
    return page.items.some((record) => record.result === 'success');
  }

  private async accountIsHere(accountId: string): Promise<void> {
    this.known.add(accountId);
    await this.audit('import_account', accountId, accountId);
  }

  private async audit(action: 'import_account' | 'import_token', accountId: string, resourceId: string): Promise<void> {
    if (this.options.dryRun === true) return;
    await this.parts.audits.append(importAudit(action, accountId, resourceId, this.parts.clock.now()));
  }
}

/** Stands for the sealed secret in a dry run, which stores nothing. */
const NOT_SEALED = { secretSealed: { keyId: '', envelope: '' }, secretHash: '' } as const;

async function* portions<Row>(
  entries: AsyncIterable<OriginalEntry<Row>>,
): AsyncIterable<readonly OriginalEntry<Row>[]> {
  let portion: OriginalEntry<Row>[] = [];
  for await (const entry of entries) {
    portion.push(entry);
    if (portion.length < PORTION) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
