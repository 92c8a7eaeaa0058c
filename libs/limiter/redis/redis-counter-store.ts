import type { Clock } from '@tollgate/domain';
import { RedisScript } from '@tollgate/redis';
import type { Cluster, Redis } from 'ioredis';
import { CounterStore, type UnusedUnits } from '../counter-store';
import { MAX_TAKES_IN_BATCH, MAX_TAKES_WAITING, TICK_MS } from '../limits';
import type { Demand, Subject, TakeOutcome } from '../subject';
import { GIVE_BACK_SCRIPT } from './give-back-script';
import { TakeBatch } from './take-batch';
import { TAKE_SCRIPT } from './take-script';

export interface RedisCounterStoreOptions {
  /** On a cluster, what belongs to different groups lies on different nodes and can't be taken in one step. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** Before every key; says whose they are on a Redis that others use too. */
  readonly keyPrefix: string;
  /** Length of a tick; another one than `TICK_MS` only where a test scales time. */
  readonly tickMs?: number;
  /** Only where a test decides what time it is; else Redis's own clock counts, the same for every process. */
  readonly clock?: Clock;
}

/**
 * Counts in Redis, for all processes together. Takes that arrive in one turn of the event loop go there in one call of
 * a script, which decides one after the other.
 *
 * Waits for as long as the client does: deadlines are the caller's.
 */
export class RedisCounterStore extends CounterStore {
  private readonly takeScript: RedisScript;
  private readonly giveBackScript: RedisScript;
  private readonly tickMs: number;
  /** By group on a cluster, else one. */
  private readonly open = new Map<string, TakeBatch>();
  private waiting = 0;

  constructor(
    client: Redis | Cluster,
    private readonly options: RedisCounterStoreOptions,
  ) {
    super();
    this.takeScript = new RedisScript(client, TAKE_SCRIPT);
    this.giveBackScript = new RedisScript(client, GIVE_BACK_SCRIPT);
    this.tickMs = options.tickMs ?? TICK_MS;
  }

  /** @throws Error also when too many takes wait already, and on a cluster when the demands are not of one group */
  override take(demands: readonly Demand[]): Promise<TakeOutcome> {
    return new Promise((resolve, reject) => {
      if (this.waiting >= MAX_TAKES_WAITING) throw new Error('too many takes wait for Redis');
      const batch = this.batchFor(this.groupOf(demands), demands);
      this.waiting += 1;
      batch.add({ demands, resolve, reject });
    });
  }

  override async giveBack(unused: readonly UnusedUnits[]): Promise<void> {
    await Promise.all(
      unused.map(({ subject, units, grantedAtMs }) =>
        this.giveBackScript.run([this.keyOf(subject)], [this.tickMs, grantedAtMs, units, ...subject.limits]),
      ),
    );
  }

  private groupOf(demands: readonly Demand[]): string {
    if (this.options.kind !== 'cluster') return '';
    const [first, ...others] = demands;
    if (first === undefined) throw new Error('a take without a demand');
    const { group } = first.subject;
    if (others.some(({ subject }) => subject.group !== group)) {
      throw new Error("subjects of different groups can't be taken in one step on a cluster");
    }
    return group;
  }

  private batchFor(group: string, demands: readonly Demand[]): TakeBatch {
    let batch = this.open.get(group);
    if (batch !== undefined && (batch.size >= MAX_TAKES_IN_BATCH || !batch.accepts(demands))) {
      void this.send(batch);
      batch = undefined;
    }
    if (batch === undefined) {
      if (this.open.size === 0)
        setImmediate(() => {
          this.flush();
        });
      batch = new TakeBatch(({ subject }) => this.keyOf(subject));
      this.open.set(group, batch);
    }
    return batch;
  }

  private flush(): void {
    const batches = [...this.open.values()];
    this.open.clear();
    for (const batch of batches) void this.send(batch);
  }

  private async send(batch: TakeBatch): Promise<void> {
    try {
      const args = [this.tickMs, this.options.clock?.nowMs() ?? '', batch.encode()];
      batch.resolve(await this.takeScript.run(batch.keys, args), this.tickMs);
    } catch (error) {
      batch.reject(error);
    } finally {
      this.waiting -= batch.size;
    }
  }

  private keyOf({ group, key }: Subject): string {
    return `${this.options.keyPrefix}l:{${group}}:${key}`;
  }
}
