import { SecretHasher, SecretSealer } from '@tollgate/auth';
import type { Environment } from '@tollgate/config';
import {
  AUDIT_RETENTION_MS,
  AccountRepository,
  AuditRepository,
  ImportRepository,
  SystemClock,
  TokenRepository,
  TollgateError,
} from '@tollgate/domain';
import {
  type ImportReport,
  OriginalImport,
  type OriginalSource,
  type SealSecret,
  openOriginalDatabase,
} from '@tollgate/storage';
import { CliError } from '../cli-error';
import { type LocalSettings, loadLocalSettings, openMasterKeys, storageOptionsOf } from './local-settings';
import { withLocalStore } from './local-store';

export interface MongoImportRequest {
  /** Connection string of the original; absent: TOLLGATE_IMPORT_URI. */
  readonly from?: string;
  /** Absent: the one in the connection string. */
  readonly database?: string;
  readonly dryRun: boolean;
  /** Told how many records are dealt with. */
  readonly onProgress: (recordsDone: number) => void;
}

/** The way from the original service's MongoDB into the record store of this installation. */
export class MongoImport {
  readonly #settings: LocalSettings;

  /** @throws CliError that names every wrong variable, never a value */
  constructor(env: Environment) {
    this.#settings = loadLocalSettings(env);
  }

  /** Takes over what is not here yet; may be repeated. */
  async run(request: MongoImportRequest): Promise<ImportReport> {
    const settings = this.#settings;
    const uri = request.from ?? settings.TOLLGATE_IMPORT_URI?.reveal();
    if (uri === undefined) throw new CliError('import mongo: set TOLLGATE_IMPORT_URI or --from');
    const sealer = new SecretSealer(openMasterKeys(settings));
    const hasher = new SecretHasher(settings.BCRYPT_COST);
    const seal: SealSecret = async (accountId, secretKey) => ({
      secretSealed: sealer.seal(accountId, secretKey),
      secretHash: await hasher.hash(secretKey),
    });
    return withLocalStore(storageOptionsOf(settings), async (store) => {
      const source = await openOriginal(uri, request);
      try {
        const parts = {
          source,
          imports: store.get(ImportRepository, { strict: false }),
          accounts: store.get(AccountRepository, { strict: false }),
          tokens: store.get(TokenRepository, { strict: false }),
          audits: store.get(AuditRepository, { strict: false }),
          clock: new SystemClock(),
          seal,
        };
        return await new OriginalImport(parts, {
          expiredTokenRetentionMs: settings.EXPIRED_TOKEN_RETENTION,
          auditRetentionMs: AUDIT_RETENTION_MS,
          dryRun: request.dryRun,
          onProgress: (_cursor, recordsDone) => {
            request.onProgress(recordsDone);
          },
        }).run();
      } finally {
        await source.close();
      }
    });
  }
}

async function openOriginal(uri: string, { from, database }: MongoImportRequest): Promise<OriginalSource> {
  try {
    return await openOriginalDatabase(uri, database);
  } catch (error) {
    if (!(error instanceof TollgateError)) throw error;
    throw new CliError(`${from === undefined ? 'TOLLGATE_IMPORT_URI' : '--from'}: ${error.message}`);
  }
}
