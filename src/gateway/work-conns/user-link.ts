import {
  type ByteReader,
  type ByteStream,
  type EndingRelays,
  type Lease,
  Relay,
  type RelayDirection,
  type RelayEnd,
  type RelayOwner,
  type TokenBucket,
} from '@tollgate/stream-kit';
import type { TrafficCounter } from '../traffic/traffic-counter';
import type { NoWorkConnection, WorkWaiter } from './work-pool';

/** Where a user's connection comes from and has arrived at. */
export interface UserAddresses {
  readonly srcAddr: string;
  readonly srcPort: number;
  readonly dstAddr: string;
  readonly dstPort: number;
}

/** What a user's connection needs of the proxy that it came to. */
export interface UserLinkHost {
  readonly counter: TrafficCounter;
  readonly endings: EndingRelays;
  readonly bucket: TokenBucket | undefined;
  takeWorkConnection(waiter: WorkWaiter): () => void;
  /** Tells the client whose connection it is, and puts the proxy's encoding on it. */
  startWorkConnection(stream: ByteStream, addresses: UserAddresses): ByteStream;
  /** It is over. */
  left(link: UserLink): void;
}

/** One user's connection: it waits for a work connection, and is then relayed. */
export class UserLink implements WorkWaiter, RelayOwner, ByteReader {
  private relay: Relay | undefined;
  private withdraw: (() => void) | undefined;
  private hasEnded = false;

  /** @param user is the link's own from now on */
  constructor(
    private readonly user: ByteStream,
    private readonly addresses: UserAddresses,
    private readonly host: UserLinkHost,
  ) {
    host.counter.connections += 1;
    user.pause();
    user.attach(this);
    // It may have gone since it came.
    if (this.isOver) return;
    const withdraw = host.takeWorkConnection(this);
    if (this.relay === undefined && !this.hasEnded) this.withdraw = withdraw;
  }

  get isOver(): boolean {
    return this.hasEnded;
  }

  /** Cuts it. */
  stop(): void {
    this.withdraw?.();
    if (this.relay === undefined) this.user.destroy();
    else this.relay.stop();
    this.finish();
  }

  serve(stream: ByteStream): void {
    this.withdraw = undefined;
    if (this.hasEnded) {
      stream.destroy();
      return;
    }
    const { endings, bucket } = this.host;
    const client = this.host.startWorkConnection(stream, this.addresses);
    this.relay = new Relay(this.user, client, this, bucket === undefined ? { endings } : { endings, bucket });
  }

  fail(_reason: NoWorkConnection): void {
    this.withdraw = undefined;
    this.user.destroy();
    this.finish();
  }

  count(direction: RelayDirection, bytes: number): void {
    if (direction === 'in') this.host.counter.inBytes += bytes;
    else this.host.counter.outBytes += bytes;
  }

  /** While it waits the user is not read from, so that nothing comes; once it is relayed it has another reader. */
  onData(_chunk: Buffer, lease?: Lease): void {
    lease?.release();
  }

  onEnd(): void {
    // Said again to whoever reads next.
  }

  onDrain(): void {
    // Nothing is written while it waits.
  }

  /** Of the user's connection while it waits, or of the relay. */
  onClose(_end?: RelayEnd | Error, _error?: Error): void {
    if (this.relay === undefined) this.withdraw?.();
    this.finish();
  }

  private finish(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.withdraw = undefined;
    this.host.counter.connections -= 1;
    this.host.left(this);
  }
}
