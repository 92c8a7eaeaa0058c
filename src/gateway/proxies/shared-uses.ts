import type { BucketScheduler } from '@tollgate/stream-kit';
import { limitKeyOf, type TenantTokenSource, type TunnelToken } from '@tollgate/tunnel-tokens';
import type { ConnectionLimit, LedgerAccess } from '../ledger/ledger-access';
import { SharedUse } from './shared-use';

interface Share {
  readonly use: SharedUse;
  /** How many of the users may be in this process, where there are several. */
  readonly limit: ConnectionLimit | undefined;
}

/** What tokens use, each together with those that it was rotated from or to. */
export class SharedUses {
  /** By `limitKeyOf`. */
  private readonly shares = new Map<string, Share>();

  constructor(
    private readonly scheduler: BucketScheduler,
    private readonly source: Pick<TenantTokenSource, 'tokens'>,
    private readonly ledger: LedgerAccess | undefined,
  ) {}

  /** User connections that are open. */
  get connectionCount(): number {
    let count = 0;
    for (const { use } of this.shares.values()) count += use.connections;
    return count;
  }

  of(token: TunnelToken): Share {
    const key = limitKeyOf(token);
    let share = this.shares.get(key);
    if (share === undefined) {
      const use = new SharedUse(this.scheduler);
      const limit = this.ledger?.limitConnections(
        key,
        () => use.connections,
        () => this.maxConnections(use),
      );
      share = { use, limit };
      this.shares.set(key, share);
    }
    share.use.tokens.add(token.token);
    return share;
  }

  /** The token is no more; what it used is forgotten with the last of those that it shared it with. */
  forget(token: TunnelToken): void {
    const key = limitKeyOf(token);
    const share = this.shares.get(key);
    if (share?.use.tokens.delete(token.token) !== true || share.use.tokens.size > 0) return;
    this.shares.delete(key);
    share.limit?.forget();
  }

  /** The most that any of the tokens says; 0: any number. */
  private maxConnections({ tokens }: SharedUse): number {
    const limits = [...tokens].flatMap((value) => {
      const token = this.source.tokens.get(value);
      return token === undefined ? [] : [token.maxConnections ?? 0];
    });
    return limits.includes(0) ? 0 : Math.max(0, ...limits);
  }
}
