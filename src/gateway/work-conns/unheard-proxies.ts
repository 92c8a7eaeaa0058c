import type { WorkWaiter } from './work-pool';

/**
 * How long users of a new proxy wait after its client was told of it, in milliseconds: the answer and the start of a work connection
 * may overtake each other on their way, the more so on connections of their own.
 */
const GRACE_MS = 100;

export interface UnheardProxiesOptions {
  /** Most users that may wait at a time. */
  readonly maxWaiters: number;
  /** Lets a user take a work connection. @returns takes the wish back */
  readonly take: (waiter: WorkWaiter) => () => void;
  readonly schedule: (delayMs: number, task: () => void) => void;
}

interface Unheard {
  /** Registrations of that name that are under way or have just been answered. */
  count: number;
  readonly waiting: Set<() => void>;
}

/**
 * Proxies that their client does not know yet to have. frpc closes a work connection that is started for one of these, and the user
 * with it (pitfall 17 of the protocol reference): so users who come that early wait for a moment.
 */
export class UnheardProxies {
  private readonly unheard = new Map<string, Unheard>();
  private waiterCount = 0;

  constructor(private readonly options: UnheardProxiesOptions) {}

  /** The client wants a proxy, which may have users from now on. @returns to be called when the client was answered */
  begin(name: string): () => void {
    const unheard = this.unheard.get(name) ?? { count: 0, waiting: new Set() };
    unheard.count += 1;
    this.unheard.set(name, unheard);
    return () => {
      this.options.schedule(GRACE_MS, () => {
        unheard.count -= 1;
        if (unheard.count === 0 && this.unheard.get(name) === unheard) this.release(name, unheard);
      });
    };
  }

  /** Has a user of a proxy served, now or in a moment. @returns takes the wish back */
  take(name: string, waiter: WorkWaiter): () => void {
    const { maxWaiters, take } = this.options;
    const unheard = this.unheard.get(name);
    if (unheard === undefined) return take(waiter);
    if (this.waiterCount >= maxWaiters) {
      waiter.fail('too-many');
      return () => undefined;
    }
    let withdraw: (() => void) | undefined;
    const goOn = (): void => {
      withdraw = take(waiter);
    };
    unheard.waiting.add(goOn);
    this.waiterCount += 1;
    return () => {
      if (unheard.waiting.delete(goOn)) this.waiterCount -= 1;
      withdraw?.();
    };
  }

  /** Nobody waits any longer: for a client that is gone. */
  close(): void {
    for (const [name, unheard] of this.unheard) this.release(name, unheard);
  }

  private release(name: string, { waiting }: Unheard): void {
    this.unheard.delete(name);
    for (const goOn of waiting) {
      waiting.delete(goOn);
      this.waiterCount -= 1;
      goOn();
    }
  }
}
