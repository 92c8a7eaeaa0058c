import { randomInt } from 'node:crypto';
import { type PortRanges, containsPort, pickPort } from '@tollgate/tunnel-tokens';

/** Why a port can't be had; frpc prints the sentence (frp `server/ports/ports.go`). */
export type PortRefusal = 'port already used' | 'port not allowed' | 'port unavailable' | 'no available port';

export class PortRefusedError extends Error {
  override readonly name = 'PortRefusedError';

  constructor(readonly reason: PortRefusal) {
    super(reason);
  }
}

/** How long the port that a proxy had at random is remembered for it, in milliseconds: 24 h, as frp does. */
const MEMORY_MS = 86_400_000;
/** Most ports that are remembered; the oldest go first. */
const MAX_REMEMBERED = 100_000;
/** How many are tried at random, as frp does. */
const RANDOM_TRIES = 5;

interface Remembered {
  readonly port: number;
  /** `undefined` while it is in use. */
  freedAtMs: number | undefined;
}

/** A port that was taken, and what listens on it. */
export interface TakenPort<T> {
  readonly port: number;
  readonly listener: T;
}

/**
 * Who has which port. One book for tcp and one for udp; first come, first served over all tenants. The port that a proxy got at
 * random is offered to it again, if it is still free: the memory keeps nobody else away from it.
 */
export class PortBook {
  private readonly used = new Set<number>();
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly now: () => number,
    private readonly pick: (max: number) => number = (max) => randomInt(max),
  ) {}

  get usedCount(): number {
    return this.used.size;
  }

  /**
   * @param owner names the proxy over all tenants
   * @param requested 0: any
   * @param listen binds a port; rejects when the system does not give it
   * @throws PortRefusedError
   */
  async take<T>(
    owner: string,
    requested: number,
    allowed: PortRanges,
    listen: (port: number) => Promise<T>,
  ): Promise<TakenPort<T>> {
    if (requested !== 0) return this.takeOne(requested, allowed, listen);
    const before = this.remembered.get(owner);
    if (before !== undefined && this.isFresh(before)) {
      const taken = await this.takeOne(before.port, allowed, listen).catch(() => undefined);
      if (taken !== undefined) return this.remember(owner, taken);
    }
    for (let tries = 0; tries < RANDOM_TRIES; tries += 1) {
      const port = pickPort(allowed, (each) => !this.used.has(each), this.pick);
      if (port === undefined) break;
      const taken = await this.takeOne(port, allowed, listen).catch(() => undefined);
      if (taken !== undefined) return this.remember(owner, taken);
    }
    throw new PortRefusedError('no available port');
  }

  /** The port is free again; what listened on it must be closed before. */
  release(owner: string, port: number): void {
    this.used.delete(port);
    const entry = this.remembered.get(owner);
    if (entry?.port === port) entry.freedAtMs = this.now();
  }

  /** Forgets ports that have been free for long. To be called now and then. */
  sweep(): void {
    for (const [owner, entry] of this.remembered) if (!this.isFresh(entry)) this.remembered.delete(owner);
  }

  private async takeOne<T>(
    port: number,
    allowed: PortRanges,
    listen: (port: number) => Promise<T>,
  ): Promise<TakenPort<T>> {
    if (!containsPort(allowed, port)) throw new PortRefusedError('port not allowed');
    if (this.used.has(port)) throw new PortRefusedError('port already used');
    // Before the wait, so that nobody else gets it meanwhile.
    this.used.add(port);
    try {
      return { port, listener: await listen(port) };
    } catch {
      this.used.delete(port);
      throw new PortRefusedError('port unavailable');
    }
  }

  private remember<T>(owner: string, taken: TakenPort<T>): TakenPort<T> {
    this.remembered.delete(owner);
    this.remembered.set(owner, { port: taken.port, freedAtMs: undefined });
    if (this.remembered.size > MAX_REMEMBERED) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    return taken;
  }

  private isFresh({ freedAtMs }: Remembered): boolean {
    return freedAtMs === undefined || this.now() - freedAtMs <= MEMORY_MS;
  }
}
