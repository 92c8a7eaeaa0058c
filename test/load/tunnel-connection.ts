import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import type { ProxyOptions } from '../support/frp-client';
import type { SeededRandom } from './seeded-random';
import type { ProxyTruth } from './tunnel-truth';

const LARGEST_BYTES = 4_194_304;
const PIECE_BYTES = 32_768;
/** So many connections of a hundred carry nothing in a direction. */
const EMPTY_PERCENT = 10;
const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 2;

/** Who ends a connection, in which way, when all has come out. */
const WHOLE_ENDS = ['user-ends', 'service-ends', 'user-resets', 'service-cuts'] as const;
/** Who breaks it off in the middle. */
const TORN_ENDS = ['user-tears', 'service-tears'] as const;

/** One connection, as it is to go. */
export interface ConnectionPlan {
  readonly upBytes: number;
  readonly downBytes: number;
  readonly end: (typeof WHOLE_ENDS)[number] | (typeof TORN_ENDS)[number];
  /** For a torn one: when so much has come out at the one who tears it. */
  readonly tornAtBytes: number;
}

/** Sizes of all magnitudes, from nothing to megabytes. */
export function planWhole(random: SeededRandom): ConnectionPlan {
  return {
    upBytes: sizeOf(random),
    downBytes: sizeOf(random),
    end: random.pick(WHOLE_ENDS) ?? 'user-ends',
    tornAtBytes: 0,
  };
}

export function planTorn(random: SeededRandom): ConnectionPlan {
  const [upBytes, downBytes] = [random.between(1, LARGEST_BYTES), random.between(1, LARGEST_BYTES)];
  const end = random.pick(TORN_ENDS) ?? 'user-tears';
  return { upBytes, downBytes, end, tornAtBytes: random.between(0, end === 'user-tears' ? downBytes : upBytes) };
}

function sizeOf(random: SeededRandom): number {
  if (random.between(1, 100) <= EMPTY_PERCENT) return 0;
  return Math.floor(LARGEST_BYTES ** random.next());
}

/** The service's end of a connection. */
class Service implements ByteReader {
  isClosed = false;
  receivedBytes = 0;
  private leftBytes: number;

  constructor(
    private readonly stream: ByteStream,
    plan: ConnectionPlan,
    private readonly truth: ProxyTruth,
  ) {
    this.leftBytes = plan.downBytes;
    stream.attach(this);
    stream.resume();
    this.pour();
  }

  end(): void {
    this.stream.end();
  }

  cut(): void {
    this.stream.destroy();
  }

  onData(chunk: Buffer, lease?: Lease): void {
    this.receivedBytes += chunk.length;
    this.truth.in.received(chunk.length);
    lease?.release();
  }

  onEnd(): void {
    this.stream.end();
  }

  onDrain(): void {
    this.pour();
  }

  onClose(): void {
    this.isClosed = true;
  }

  private pour(): void {
    let isReady = true;
    while (isReady && this.leftBytes > 0 && !this.stream.isClosed) {
      const piece = pieceOf(this.leftBytes);
      this.leftBytes -= piece.length;
      this.truth.out.sentBytes += piece.length;
      isReady = this.stream.write(piece);
    }
  }
}

/** Users' connections through a proxy, with both their ends in this process. */
export class PlannedConnections {
  /** By the user's port: what its end in the service is to do; and then that end. */
  private readonly plans = new Map<number, (stream: ByteStream) => void>();
  private readonly early = new Map<number, ByteStream>();

  /** The service, which a client of the gateway leads to. */
  readonly local: ProxyOptions['local'] = {
    handler: (stream, { srcPort }) => {
      const take = this.plans.get(srcPort);
      if (take === undefined) this.early.set(srcPort, stream);
      else take(stream);
    },
  };

  constructor(readonly truth: ProxyTruth) {}

  /**
   * Has one connection go by its plan.
   * @param isDown when the gateway is gone, so that nothing more comes
   * @returns whether it went by its plan; if not, the gateway was gone before
   * @throws when it does not come to its end though the gateway is there
   */
  async run(port: number, plan: ConnectionPlan, isDown: () => boolean = () => false): Promise<boolean> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    let receivedBytes = 0;
    let service: Service | undefined;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      receivedBytes += chunk.length;
      this.truth.out.received(chunk.length);
    });
    socket.on('end', () => socket.end());
    try {
      await once(socket, 'connect');
    } catch (error) {
      if (isDown()) return false;
      throw error;
    }
    const key = socket.localPort ?? 0;
    this.whenServed(key, (stream) => (service = new Service(stream, plan, this.truth)));
    this.send(socket, plan.upBytes);
    const isOver = (): boolean => socket.closed && (service === undefined || service.isClosed);
    const cameOut = (): boolean => {
      if (service === undefined) return false;
      if (plan.end === 'user-tears') return receivedBytes >= plan.tornAtBytes;
      if (plan.end === 'service-tears') return service.receivedBytes >= plan.tornAtBytes;
      return service.receivedBytes === plan.upBytes && receivedBytes === plan.downBytes;
    };
    const deadline = performance.now() + PATIENCE_MS;
    const wait = async (reached: () => boolean, what: string): Promise<boolean> => {
      while (!reached()) {
        if (isDown()) return false;
        if (performance.now() > deadline || isOver()) {
          const got = `${String(service?.receivedBytes)} and ${String(receivedBytes)} bytes came out`;
          throw new Error(`not ${what}: ${JSON.stringify(plan)}, ${got}, over: ${String(isOver())}`);
        }
        await sleep(LOOK_EVERY_MS);
      }
      return true;
    };
    try {
      if (!(await wait(cameOut, 'passed on'))) return false;
      finish(plan.end, socket, service);
      while (!isOver()) {
        if (isDown()) return false;
        if (performance.now() > deadline) throw new Error(`not closed: ${JSON.stringify(plan)}`);
        await sleep(LOOK_EVERY_MS);
      }
      return true;
    } finally {
      this.plans.delete(key);
      this.early.delete(key);
      socket.destroy();
    }
  }

  private whenServed(port: number, take: (stream: ByteStream) => void): void {
    const stream = this.early.get(port);
    if (stream === undefined) this.plans.set(port, take);
    else take(stream);
  }

  private send(socket: Socket, bytes: number): void {
    let leftBytes = bytes;
    const pour = (): void => {
      let isReady = true;
      while (isReady && leftBytes > 0 && !socket.destroyed && socket.writable) {
        const piece = pieceOf(leftBytes);
        leftBytes -= piece.length;
        this.truth.in.sentBytes += piece.length;
        isReady = socket.write(piece);
      }
    };
    socket.on('drain', pour);
    pour();
  }
}

function finish(end: ConnectionPlan['end'], socket: Socket, service: Service | undefined): void {
  switch (end) {
    case 'user-ends':
      socket.end();
      return;
    case 'service-ends':
      service?.end();
      return;
    case 'service-cuts':
    case 'service-tears':
      service?.cut();
      return;
    case 'user-resets':
    case 'user-tears':
      socket.resetAndDestroy();
  }
}

/** Half of it compresses. */
const MATERIAL = Buffer.alloc(PIECE_BYTES, 'tollgate');
for (let at = 0; at < PIECE_BYTES / 2; at += 1) MATERIAL[at] = (at * 2_654_435_761) >>> 13;

function pieceOf(leftBytes: number): Buffer {
  // Streams may keep what they are given, but never change it.
  return MATERIAL.subarray(0, Math.min(leftBytes, PIECE_BYTES));
}
