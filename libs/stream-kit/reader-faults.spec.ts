import { socketPair } from '@tollgate/testing';
import type { ByteReader } from './byte-stream';
import { SocketStream } from './socket-stream';
import { TurnFlusher } from './turn-flusher';

const FAULT = new TypeError('broken');
const METHODS = ['onData', 'onEnd', 'onDrain', 'onClose'] as const;

/** Throws at one of its methods, and tells of its close. */
class Broken implements ByteReader {
  readonly closed: Promise<Error | undefined>;
  private close: (error?: Error) => void = () => undefined;

  constructor(private readonly at: (typeof METHODS)[number]) {
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }

  onData(): void {
    this.failAt('onData');
  }

  onEnd(): void {
    this.failAt('onEnd');
  }

  onDrain(): void {
    this.failAt('onDrain');
  }

  onClose(error?: Error): void {
    this.close(error);
    this.failAt('onClose');
  }

  private failAt(method: (typeof METHODS)[number]): void {
    if (method === this.at) throw FAULT;
  }
}

describe.each([
  { kind: 'net', fastReads: true },
  { kind: 'net', fastReads: false },
  { kind: 'tls', fastReads: false },
] as const)('a reader of a socket that throws ($kind, fast reads: $fastReads)', ({ kind, fastReads }) => {
  it.each(METHODS)('at %s costs its connection, and nothing else', async (method) => {
    const faults: unknown[] = [];
    const flusher = new TurnFlusher((error) => {
      faults.push(error);
    });
    const { accepted, connected } = await socketPair(kind);
    connected.on('error', () => undefined);
    const stream = new SocketStream(accepted, { flusher, fastReads, maxQueuedBytes: 1 });
    const reader = new Broken(method);
    stream.attach(reader);
    stream.write(Buffer.alloc(100));
    connected.resume();
    connected.end('hello');
    if (method === 'onClose') stream.end();
    const error = await reader.closed;
    expect(faults).toEqual([FAULT]);
    if (method !== 'onClose') expect(error).toBe(FAULT);
    expect(stream.isClosed).toBe(true);
  });

  it('costs its connection also when what has waited is handed out later', async () => {
    const faults: unknown[] = [];
    const flusher = new TurnFlusher((error) => {
      faults.push(error);
    });
    const { accepted, connected } = await socketPair(kind);
    connected.on('error', () => undefined);
    const stream = new SocketStream(accepted, { flusher, fastReads });
    stream.pause();
    stream.unshift(Buffer.from('waits'));
    const reader = new Broken('onData');
    stream.attach(reader);
    expect(() => {
      stream.resume();
    }).not.toThrow();
    expect(await reader.closed).toBe(FAULT);
    expect(faults).toEqual([FAULT]);
    connected.destroy();
  });
});
