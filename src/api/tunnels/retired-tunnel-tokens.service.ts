import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { ManagedTunnelTokens } from './managed-tunnel-tokens';

const SWEEP_MS = 60_000;
/** How long a token that a rotation replaced is still shown after its end. */
const SHOWN_MS = 86_400_000;

/** Deletes tokens that a rotation replaced, a day after their end. Those that merely expired are for their owners to delete. */
@Injectable()
export class RetiredTunnelTokens {
  private sweeping = false;

  constructor(
    private readonly managed: ManagedTunnelTokens,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Never rejects; a sweep that fails is repeated a minute later. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    if (this.sweeping || !this.managed.isLive) return;
    this.sweeping = true;
    try {
      const before = this.clock.nowMs() - SHOWN_MS;
      for (const { id, supersededBy, expiresAt } of [...this.managed.known.values()]) {
        if (supersededBy === undefined || expiresAt === undefined || expiresAt.getTime() > before) continue;
        const deleted = await this.managed.repository.deleteAcrossAccounts(id);
        if (deleted) this.log.info({ tokenId: id, supersededBy }, 'removed a tunnel token that was replaced');
      }
    } catch (error) {
      this.log.warn({ err: error }, 'the sweep of replaced tunnel tokens failed');
    } finally {
      this.sweeping = false;
    }
  }
}
