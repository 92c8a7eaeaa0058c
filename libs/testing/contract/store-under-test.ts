import type {
  AccountRepository,
  AuditFilter,
  AuditRecord,
  AuditRepository,
  ChangeFeed,
  ImportRepository,
  ReplayRepository,
  StoreHealth,
  TokenRepository,
  TrafficRepository,
  UploadCallbackRepository,
  UploadedFileRepository,
  UploadReservations,
  UploadTokenRepository,
  ValidationLogRepository,
} from '@tollgate/domain';

/** One open store of a driver, as the contract suites see it. */
export interface StoreUnderTest {
  readonly accounts: AccountRepository;
  readonly tokens: TokenRepository;
  readonly validationLogs: ValidationLogRepository;
  readonly audits: AuditRepository;
  readonly replays: ReplayRepository;
  readonly imports: ImportRepository;
  readonly uploadTokens: UploadTokenRepository;
  readonly uploadReservations: UploadReservations;
  readonly uploadedFiles: UploadedFileRepository;
  readonly uploadCallbacks: UploadCallbackRepository;
  readonly traffic: TrafficRepository;
  readonly changes: ChangeFeed;
  readonly health: StoreHealth;

  /** Waits for what the store does after it acknowledged a write, such as emptying an outbox. Absent: nothing. */
  settle?(): Promise<void>;

  /** Opens the same data once more, the way another process would. Its own `teardown` only closes it. */
  openAnother?(): Promise<StoreUnderTest>;

  /** Closes the store and removes its data. */
  teardown(): Promise<void>;
}

/** Opens an empty store. The cases of a suite share one and keep apart by their own ids. */
export type StoreSetup = () => Promise<StoreUnderTest>;

const SETUP_TIMEOUT_MS = 60_000;

/** Opens a store around the cases of the surrounding `describe`; call the result inside a case to get it. */
export function useStore(setup: StoreSetup): () => StoreUnderTest {
  let store: StoreUnderTest | undefined;
  beforeAll(async () => {
    store = await setup();
  }, SETUP_TIMEOUT_MS);
  afterAll(async () => {
    await store?.teardown();
  }, SETUP_TIMEOUT_MS);
  return () => {
    if (store === undefined) throw new Error('the store is open only while a case runs');
    return store;
  };
}

/** Every audit record of an account, after the store has settled. */
export async function auditTrail(
  store: StoreUnderTest,
  accountId: string,
  filter: AuditFilter = {},
): Promise<readonly AuditRecord[]> {
  await store.settle?.();
  const page = await store.audits.list(accountId, filter, { limit: 1000, offset: 0 });
  return page.items;
}
