import { randomInt } from 'node:crypto';
import { type PortRanges, containsPort, pickPort } from '@tollgate/tunnel-tokens';
import { PortDesk, PortRefusedError, type PortWish } from './port-desk';

export { PortRefusedError };

/** How long the port that a proxy had at random is remembered for it, in milliseconds: 24 h, as frp does. */
const MEMORY_MS = 86_400_000;
/** Most ports that are remembered; the oldest go first. */
const MAX_REMEMBERED = 100_000;

interface Remembered {
  readonly port: number;
  /** `undefined` while it is in use. */
  freedAtMs: number | undefined;
}

/**
 * Who has which port. One book for tcp and one for udp; first come, first served over all tenants. The port that a proxy got at
 * random is offered to it again, if it is still free: the memory keeps nobody else away from it.
 */
export class PortBook extends PortDesk {
  private readonly used = new Set<number>();
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly now: () => number,
    private readonly pick: (max: number) => number = (max) => randomInt(max),
  ) {
    super();
  }

  get usedCount(): number {
    return this.used.size;
  }

  override reserve({ owner, requested, allowed, remembered = false }: PortWish): number {
    if (requested !== 0) return this.reserveOne(requested, allowed);
    if (!remembered) {
      const port = pickPort(allowed, (each) => !this.used.has(each), this.pick);
      if (port === undefined) throw new PortRefusedError('no available port');
      return this.reserveOne(port, allowed);
    }
    const before = this.remembered.get(owner);
    if (before === undefined || !this.isFresh(before)) throw new PortRefusedError('no available port');
    return this.reserveOne(before.port, allowed);
  }

  override settle({ owner, requested }: PortWish, port: number, isListening: boolean): void {
    if (!isListening) this.used.delete(port);
    else if (requested === 0) this.remember(owner, port);
  }

  override release(owner: string, port: number): void {
    this.used.delete(port);
    const entry = this.remembered.get(owner);
    if (entry?.port === port) entry.freedAtMs = this.now();
  }

  /** Forgets ports that have been free for long. To be called now and then. */
  sweep(): void {
    for (const [owner, entry] of this.remembered) if (!this.isFresh(entry)) this.remembered.delete(owner);
  }

  private reserveOne(port: number, allowed: PortRanges): number {
    if (!containsPort(allowed, port)) throw new PortRefusedError('port not allowed');
    if (this.used.has(port)) throw new PortRefusedError('port already used');
    // Before it is listened on, so that nobody else gets it meanwhile.
    this.used.add(port);
    return port;
  }

  private remember(owner: string, port: number): void {
    this.remembered.delete(owner);
    this.remembered.set(owner, { port, freedAtMs: undefined });
    if (this.remembered.size <= MAX_REMEMBERED) return;
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined) this.remembered.delete(oldest);
  }

  private isFresh({ freedAtMs }: Remembered): boolean {
    return freedAtMs === undefined || this.now() - freedAtMs <= MEMORY_MS;
  }
}
