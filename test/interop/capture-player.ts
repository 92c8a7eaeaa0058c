import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { type ByteStream, type Lease, SocketStream, TurnFlusher } from '@tollgate/stream-kit';
import { YamuxSession } from '@tollgate/yamux';
import { eventually } from '../support/eventually';
import type { CapturedStream, FrpCapture } from '../support/frp-capture';

const HEARD_MS = 5000;

/**
 * A server that says on every logical stream what frps said in a recording: on the control as soon as the client has said as much as
 * before the answer then, on a work connection when it is told to.
 */
export class CapturePlayer {
  private readonly flusher = new TurnFlusher();
  private readonly streams: PlayedStream[] = [];
  private readonly transports: ByteStream[] = [];
  private server!: Server;

  static async start(capture: FrpCapture): Promise<CapturePlayer> {
    const player = new CapturePlayer(capture);
    player.server = createServer({ allowHalfOpen: true }, (socket) => {
      player.accept(new SocketStream(socket, { flusher: player.flusher }));
    });
    await once(player.server.listen(0, '127.0.0.1'), 'listening');
    return player;
  }

  private constructor(private readonly capture: FrpCapture) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Says on the work connections what was said there, once they are open. */
  async serveUsers(): Promise<void> {
    await eventually(HEARD_MS, async () => {
      if (this.streams.length < this.capture.streams.length) throw new Error('a work connection is missing');
    });
    for (const stream of this.streams.slice(1)) stream.say(stream.recorded.s2c);
  }

  /** Resolves when the client has said as much as then, or more, on every stream. */
  async heardAll(): Promise<void> {
    await eventually(HEARD_MS, async () => {
      for (const { heard, recorded } of this.streams) expect(heard.length).toBeGreaterThanOrEqual(recorded.c2s.length);
    });
  }

  /** What the client has said on each stream, in hex. */
  heard(): string[] {
    return this.streams.map(({ heard }) => heard.toString('hex'));
  }

  async stop(): Promise<void> {
    for (const transport of this.transports) transport.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(transport: ByteStream): void {
    this.transports.push(transport);
    const isMux = this.capture.streams[0]?.name.includes('stream') ?? false;
    if (!isMux) {
      this.play(transport);
      return;
    }
    new YamuxSession(transport, {
      role: 'server',
      onStream: (stream) => {
        this.play(stream);
      },
      onClose: () => undefined,
      nowMs: () => performance.now(),
    });
  }

  private play(stream: ByteStream): void {
    const recorded = this.capture.streams[this.streams.length];
    if (recorded === undefined) throw new Error('the client opens more streams than frpc did');
    this.streams.push(new PlayedStream(stream, recorded, this.streams.length === 0 ? this.capture.messages : []));
  }
}

/** One logical stream, at the server's end. */
class PlayedStream {
  heard: Buffer = Buffer.alloc(0);
  private readonly answers: { readonly afterBytes: number; readonly bytes: Buffer }[];

  /** @param messages told of a control, which answers by itself */
  constructor(
    private readonly stream: ByteStream,
    readonly recorded: CapturedStream,
    messages: FrpCapture['messages'],
  ) {
    this.answers = messages.length === 0 ? [] : controlAnswers(recorded, messages);
    stream.attach({
      onData: (chunk: Buffer, lease?: Lease) => {
        this.heard = Buffer.concat([this.heard, chunk]);
        lease?.release();
        while ((this.answers[0]?.afterBytes ?? Number.POSITIVE_INFINITY) <= this.heard.length) {
          this.say(this.answers.shift()?.bytes ?? Buffer.alloc(0));
        }
      },
      onEnd: () => {
        stream.end();
      },
      onDrain: () => undefined,
      onClose: () => undefined,
    });
    stream.resume();
  }

  say(bytes: Buffer): void {
    this.stream.write(Buffer.from(bytes));
  }
}

/** The answer to the opening, which is in clear, and all that came when the client had said everything. */
function controlAnswers(
  { name, c2s, s2c }: CapturedStream,
  messages: FrpCapture['messages'],
): { afterBytes: number; bytes: Buffer }[] {
  const isV2 = c2s[0] === 0x46;
  const clear = ['ClientHello', 'Login', 'ServerHello', 'LoginResp'];
  const clearBytes = (direction: 'c2s' | 's2c'): number =>
    messages
      .filter((each) => each.stream === name && each.direction === direction && clear.includes(each.name))
      .map((each) => Buffer.byteLength(each.json) + (isV2 ? (each.name.endsWith('Hello') ? 8 : 10) : 9))
      .reduce((sum, each) => sum + each, 0);
  const opening = clearBytes('c2s') + (isV2 ? 7 : 0);
  const response = clearBytes('s2c');
  return [
    { afterBytes: opening, bytes: s2c.subarray(0, response) },
    ...(s2c.length > response ? [{ afterBytes: c2s.length, bytes: s2c.subarray(response) }] : []),
  ];
}
