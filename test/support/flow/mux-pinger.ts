import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { Flag, FrameType, HEADER_BYTES } from '@tollgate/yamux';
import { muxHeader } from '../hostile/raw-mux';

/** Ids of pings that are ours: no client counts as far. */
const FIRST_ID = 0xf000_0000;

/** A relay for one session of yamux in clear, which asks the server pings of its own in between. */
export class MuxPinger {
  readonly port: number;
  private nextId = FIRST_ID;
  private readonly asked = new Map<number, (tookMs: number) => void>();
  private toServer: FrameCutter | undefined;

  static async start(target: number): Promise<MuxPinger> {
    const server = createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const pinger = new MuxPinger((server.address() as AddressInfo).port, () => server.close());
    server.once('connection', (client) => {
      pinger.join(client, connect({ port: target, host: '127.0.0.1', noDelay: true }));
    });
    return pinger;
  }

  private constructor(
    port: number,
    readonly stop: () => void,
  ) {
    this.port = port;
  }

  /** @returns how long the answer took, in milliseconds */
  async ping(): Promise<number> {
    const id = (this.nextId += 1);
    const beganMs = performance.now();
    return new Promise((resolve) => {
      this.asked.set(id, () => {
        resolve(performance.now() - beganMs);
      });
      this.toServer?.insert(muxHeader(FrameType.ping, Flag.syn, 0, id));
    });
  }

  private join(client: Socket, server: Socket): void {
    this.toServer = new FrameCutter(client, server, () => true);
    new FrameCutter(server, client, (header) => this.isForClient(header));
  }

  private isForClient(header: Buffer): boolean {
    const id = header.readUInt32BE(8);
    const answered = header[1] === FrameType.ping ? this.asked.get(id) : undefined;
    if (answered === undefined) return true;
    this.asked.delete(id);
    answered(0);
    return false;
  }
}

/** Passes frames on, and knows where one ends. */
class FrameCutter {
  private readonly header = Buffer.alloc(HEADER_BYTES);
  private collected = 0;
  private missing = 0;
  private readonly inserts: Buffer[] = [];

  /** @param isWanted called for each header without payload behind it, and with */
  constructor(
    from: Socket,
    private readonly to: Socket,
    private readonly isWanted: (header: Buffer) => boolean,
  ) {
    from.on('error', () => undefined);
    from.on('close', () => to.destroy());
    to.on('drain', () => from.resume());
    from.on('data', (chunk: Buffer) => {
      this.take(chunk);
      if (to.writableNeedDrain) from.pause();
    });
  }

  /** Puts a frame between those that come. */
  insert(frame: Buffer): void {
    if (this.missing === 0 && this.collected === 0) this.to.write(frame);
    else this.inserts.push(frame);
  }

  private take(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.missing > 0) {
        const end = Math.min(chunk.length, offset + this.missing);
        this.to.write(chunk.subarray(offset, end));
        this.missing -= end - offset;
        offset = end;
      } else {
        const bytes = chunk.copy(this.header, this.collected, offset, offset + HEADER_BYTES - this.collected);
        this.collected += bytes;
        offset += bytes;
        if (this.collected === HEADER_BYTES) this.passHeader();
      }
      if (this.missing === 0 && this.collected === 0) for (const frame of this.inserts.splice(0)) this.to.write(frame);
    }
  }

  private passHeader(): void {
    this.collected = 0;
    if (this.header[0] === 0 && this.header[1] === FrameType.data) this.missing = this.header.readUInt32BE(8);
    if (this.isWanted(this.header)) this.to.write(Buffer.from(this.header));
  }
}
