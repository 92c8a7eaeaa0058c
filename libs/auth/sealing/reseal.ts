import type { AccountRepository } from '@tollgate/domain';
import type { MasterKeyRing } from './master-key-ring';
import type { SecretSealer } from './secret-sealer';

const BATCH = 100;

/** What a run of {@link resealAll} did. */
export interface ResealReport {
  readonly resealed: number;
  /** Secrets that changed under our hands (their owner regenerated them): already sealed with the current key. */
  readonly skipped: number;
  /** Accounts whose secret does not open; they stay as they are. */
  readonly broken: readonly string[];
}

/**
 * Seals every SecretKey anew under the ring's current key, a hundred at a time, while the service runs: each swap
 * happens only if the stored envelope is still the one that was opened. Safe to break off and to run again.
 */
export async function resealAll(
  accounts: AccountRepository,
  sealer: SecretSealer,
  ring: MasterKeyRing,
): Promise<ResealReport> {
  const keyId = ring.current().id;
  let resealed = 0;
  let skipped = 0;
  const broken: string[] = [];
  for (let afterId = ''; ;) {
    const batch = await accounts.listSealedOtherwiseAcrossAccounts(keyId, afterId, BATCH);
    const last = batch.at(-1);
    if (last === undefined) return { resealed, skipped, broken };
    afterId = last.accountId;
    for (const { accountId, secretSealed } of batch) {
      let secret: string;
      try {
        secret = sealer.open(accountId, secretSealed);
      } catch {
        broken.push(accountId);
        continue;
      }
      if (await accounts.reseal(accountId, secretSealed, sealer.seal(accountId, secret))) resealed += 1;
      else skipped += 1;
    }
  }
}
