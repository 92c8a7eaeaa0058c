import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AccountRepository, type AccountStatus, type ChangeFeed, type PageRequest } from '@tollgate/domain';
import { Log } from '@tollgate/observability';
import { INSTALLATION_CHANGES } from '../redis/installation-changes';
import { ManagedTunnelTokens } from './managed-tunnel-tokens';

const RETRY_MS = 5_000;
const ALL: PageRequest = { limit: Number.MAX_SAFE_INTEGER, offset: 0 };

/**
 * Marks the tunnel tokens of suspended accounts, for gateways to see, and takes the marks away when an account is active
 * again, whoever decided it: an operator or an external directory. What could not be marked, since the store was away or
 * a process died in between, is made up for when the store is back and when a process starts.
 */
@Injectable()
export class TunnelSuspensions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly owed = new Set<string>();
  private everybodyOwed = false;
  private working = false;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly managed: ManagedTunnelTokens,
    private readonly accounts: AccountRepository,
    @Inject(INSTALLATION_CHANGES) private readonly changes: ChangeFeed,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribe = this.changes.subscribe((change) => {
      if (change.kind === 'token') return;
      if (change.kind === 'all') this.everybodyOwed = true;
      else this.owed.add(change.accountId);
      void this.makeUp();
    });
    this.managed.onLive(() => {
      this.everybodyOwed = true;
      void this.makeUp();
    });
    this.everybodyOwed = true;
    void this.makeUp();
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }

  /**
   * Marks an account's tokens. Safe to repeat.
   * @throws TollgateError `unavailable` while the store is away: it is made up for later then
   */
  async follow(accountId: string, status: AccountStatus): Promise<void> {
    if (!this.managed.isManaged) return;
    try {
      await this.managed.repository.setSuspended(accountId, status === 'suspended');
    } catch (error) {
      this.owed.add(accountId);
      throw error;
    }
  }

  /** Never rejects; what fails is tried again. */
  @Interval(RETRY_MS)
  async makeUp(): Promise<void> {
    if (this.working || !this.managed.isLive) return;
    this.working = true;
    try {
      while (this.everybodyOwed || this.owed.size > 0) {
        if (this.everybodyOwed) this.oweEverybody();
        const [accountId] = this.owed;
        if (accountId === undefined) break;
        // First: a change that comes while it is looked at is another debt.
        this.owed.delete(accountId);
        await this.settle(accountId);
      }
    } catch (error) {
      this.log.warn({ err: error }, 'tunnel tokens could not be marked as their accounts are; trying again');
    } finally {
      this.working = false;
    }
  }

  private oweEverybody(): void {
    this.everybodyOwed = false;
    for (const { accountId } of this.managed.known.values()) if (accountId !== undefined) this.owed.add(accountId);
  }

  private async settle(accountId: string): Promise<void> {
    try {
      // Accounts that have no tokens are most of those that change.
      const { items: tokens } = await this.managed.repository.list(accountId, {}, ALL);
      if (tokens.length === 0) return;
      const account = await this.accounts.findById(accountId);
      if (account === undefined) return;
      const isSuspended = account.status === 'suspended';
      if (tokens.every(({ suspended }) => suspended === isSuspended)) return;
      const count = await this.managed.repository.setSuspended(accountId, isSuspended);
      this.log.info({ accountId, isSuspended, count }, 'tunnel tokens follow their account');
    } catch (error) {
      this.owed.add(accountId);
      throw error;
    }
  }
}
