import type { PortRanges } from '@tollgate/tunnel-tokens';

/** Why a port can't be had; frpc prints the sentence (frp `server/ports/ports.go`). */
export type PortRefusal = 'port already used' | 'port not allowed' | 'port unavailable' | 'no available port';

export class PortRefusedError extends Error {
  override readonly name = 'PortRefusedError';

  constructor(readonly reason: PortRefusal) {
    super(reason);
  }
}

/** How many are tried at random, as frp does. */
const RANDOM_TRIES = 5;

/** Which port is wanted. */
export interface PortWish {
  /** Names the proxy over all tenants. */
  readonly owner: string;
  /** 0: any. */
  readonly requested: number;
  readonly allowed: PortRanges;
  /** Whether the port that the owner had at random before is wanted, and no other. */
  readonly remembered?: boolean;
}

/** A port that was taken, and what listens on it. */
export interface TakenPort<T> {
  readonly port: number;
  readonly listener: T;
}

/** Who has which port, and how one gets one. */
export abstract class PortDesk {
  /**
   * Keeps a port for somebody who is about to listen on it.
   * @throws PortRefusedError
   */
  abstract reserve(wish: PortWish): number | Promise<number>;

  /** What became of a reserved port: whether it is listened on. */
  abstract settle(wish: PortWish, port: number, isListening: boolean): void;

  /** The port is free again; what listened on it must be closed before. */
  abstract release(owner: string, port: number): void;

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
    const wish = { owner, requested, allowed };
    if (requested !== 0) return this.takeOne(wish, listen);
    const before = await this.takeOne({ ...wish, remembered: true }, listen).catch(ignoreRefusal);
    if (before !== undefined) return before;
    for (let tries = 0; tries < RANDOM_TRIES; tries += 1) {
      const taken = await this.takeOne(wish, listen).catch(ignoreRefusal);
      if (taken !== undefined) return taken;
    }
    throw new PortRefusedError('no available port');
  }

  private async takeOne<T>(wish: PortWish, listen: (port: number) => Promise<T>): Promise<TakenPort<T>> {
    const port = await this.reserve(wish);
    let listener: T;
    try {
      listener = await listen(port);
    } catch {
      this.settle(wish, port, false);
      throw new PortRefusedError('port unavailable');
    }
    this.settle(wish, port, true);
    return { port, listener };
  }
}

function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof PortRefusedError)) throw error;
  return undefined;
}
