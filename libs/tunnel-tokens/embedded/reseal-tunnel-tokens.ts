import type { TunnelTokenRecords } from '@tollgate/domain';
import { EMBEDDED_LIMITS } from './limits';
import { sealOwner, type TokenSealer } from './token-sealer';

/** What a run of {@link resealTunnelTokens} did. */
export interface TunnelTokenResealReport {
  readonly resealed: number;
  /** Gone, or sealed anew by another, under our hands. */
  readonly skipped: number;
  /** Hashes, cut short, of values that don't open; they stay as they are. */
  readonly broken: readonly string[];
}

/**
 * Seals every token value anew with the current key. Safe while others write, to break off and to run again.
 * @param keyId of the key that `sealer` seals with
 */
export async function resealTunnelTokens(
  records: TunnelTokenRecords,
  sealer: TokenSealer,
  keyId: string,
): Promise<TunnelTokenResealReport> {
  const report = { resealed: 0, skipped: 0 };
  const broken: string[] = [];
  for (let after: Buffer | undefined; ;) {
    const page = await records.listSealedOtherwise(keyId, after, EMBEDDED_LIMITS.pageRecords);
    if (page.length === 0) return { ...report, broken };
    for (const { hash, sealed } of page) {
      after = hash;
      let value: string;
      try {
        value = sealer.open(sealOwner(hash), sealed);
      } catch {
        broken.push(hash.toString('hex').slice(0, 8));
        continue;
      }
      const swapped = await records.reseal(hash, sealed, sealer.seal(sealOwner(hash), value));
      report[swapped ? 'resealed' : 'skipped'] += 1;
    }
  }
}
