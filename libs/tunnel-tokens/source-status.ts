import type { Clock } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import { Listeners } from './listeners';
import type { TenantTokenSourceState, TenantTokenSourceStatus } from './tenant-token-source';

/** How a source stands, and who wants to know. */
export class SourceStatus {
  private readonly listeners: Listeners<TenantTokenSourceStatus>;
  private status: TenantTokenSourceStatus;

  constructor(
    private readonly clock: Clock,
    log: Log,
  ) {
    this.status = { state: 'starting', sinceMs: clock.nowMs() };
    this.listeners = new Listeners((error) => {
      log.error({ err: error }, 'a listener to the state of the tunnel tokens failed');
    });
  }

  get current(): TenantTokenSourceStatus {
    return this.status;
  }

  onStatus(listener: (status: TenantTokenSourceStatus) => void): () => void {
    return this.listeners.add(listener);
  }

  /** The store has been read whole and changes are heard of. */
  live(): void {
    this.become('live');
  }

  /** The store is away. */
  lost(): void {
    this.become(this.status.state === 'live' || this.status.state === 'stale' ? 'stale' : 'unavailable');
  }

  private become(state: TenantTokenSourceState): void {
    if (state === this.status.state) return;
    this.status = { state, sinceMs: this.clock.nowMs() };
    this.listeners.tell(this.status);
  }
}
