import type { Change } from '@tollgate/domain';
import { buildAccount } from '../factories/build-account';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import type { StoreUnderTest } from './store-under-test';

/** Room for a busy machine on top of what the feed promises. */
const SLACK_MS = 1000;

/** Resolves with the first change that `matches`, rejects when it does not come in time. */
export function nextChange(
  store: Pick<StoreUnderTest, 'changes'>,
  withinMs: number,
  matches: (change: Change) => boolean,
): Promise<Change> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      unsubscribe();
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error(`no such change within ${String(withinMs)} ms`));
    }, withinMs);
    const unsubscribe = store.changes.subscribe((change) => {
      if (!matches(change)) return;
      finish();
      resolve(change);
    });
  });
}

/** Part of the ChangeFeed suite: what one process learns of another's writes. Only for a driver that can reopen. */
export function changeFeedAcrossProcessesContract(store: () => StoreUnderTest): void {
  it('reads what another process wrote, and tells of it within its promised latency', async () => {
    const another = await store().openAnother?.();
    if (another === undefined) return;
    try {
      const account = buildAccount();
      await another.accounts.insert(account, buildAuditRecord({ accountId: account.id }));
      const token = buildToken({ accountId: account.id });
      const tokenHash = token.hash.toString('hex');
      const { latencyMs } = store().changes;
      const withinMs = latencyMs === undefined ? undefined : latencyMs + SLACK_MS;

      const heard =
        withinMs === undefined
          ? undefined
          : nextChange(store(), withinMs, (change) => change.kind === 'token' && change.tokenHash === tokenHash);
      await another.tokens.insert(token, buildAuditRecord({ accountId: account.id }));
      expect((await store().tokens.findCredentialByHash(token.hash))?.token).toStrictEqual(token);
      await heard;

      const suspended =
        withinMs === undefined
          ? undefined
          : nextChange(store(), withinMs, (change) => change.kind === 'account' && change.accountId === account.id);
      const audit = buildAuditRecord({ accountId: account.id, action: 'suspend_account' });
      await another.accounts.setStatus(account.id, 'suspended', new Date(TEST_EPOCH_MS), audit);
      expect((await store().tokens.findCredentialByHash(token.hash))?.account.status).toBe('suspended');
      await suspended;
    } finally {
      await another.teardown();
    }
  });
}
