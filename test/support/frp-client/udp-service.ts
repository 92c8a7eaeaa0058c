import { type Socket, createSocket } from 'node:dgram';
import type { MessageDecoder, UdpAddress, WireCodec } from '@tollgate/frp-wire';
import type { ByteReader, ByteStream, Lease } from '@tollgate/stream-kit';
import { writesOf } from './write-message';

/** frp `client/proxy/udp.go`: the server gives a work connection up that is silent for 60 s. */
const PING_EVERY_MS = 30_000;

/** The work connection of a udp proxy: each user outside has a socket of its own to the local service. */
export class UdpService implements ByteReader {
  private readonly sockets = new Map<string, Socket>();
  private readonly decoder: MessageDecoder;
  private pingedAtMs: number | undefined;

  /** @param whenOver called once it is closed */
  constructor(
    private readonly stream: ByteStream,
    private readonly codec: WireCodec,
    private readonly local: { readonly host?: string; readonly port: number },
    private readonly whenOver: (service: UdpService) => void,
  ) {
    this.decoder = codec.decoder();
    stream.attach(this);
    stream.resume();
  }

  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void {
    this.pingedAtMs ??= nowMs;
    if (nowMs - this.pingedAtMs < PING_EVERY_MS) return;
    this.pingedAtMs = nowMs;
    for (const write of writesOf(this.codec, { type: 'ping' })) this.stream.write(write);
  }

  onData(chunk: Buffer, lease?: Lease): void {
    try {
      this.decoder.push(chunk);
      for (let message = this.decoder.next(); message !== undefined; message = this.decoder.next()) {
        if (message.type === 'udpPacket' && message.remote !== undefined) this.pass(message.remote, message.content);
      }
    } catch (error) {
      this.stream.destroy(error as Error);
    } finally {
      lease?.release();
    }
  }

  onEnd(): void {
    this.stream.end();
  }

  onDrain(): void {
    // A datagram more or less.
  }

  onClose(): void {
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
    this.whenOver(this);
  }

  private pass(remote: UdpAddress, content: Buffer): void {
    const { host = '127.0.0.1', port } = this.local;
    this.socketOf(remote).send(content, port, host);
  }

  private socketOf(remote: UdpAddress): Socket {
    const name = `${remote.ip} ${String(remote.port)}`;
    const known = this.sockets.get(name);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    socket.on('message', (content) => {
      for (const write of writesOf(this.codec, { type: 'udpPacket', content, remote })) this.stream.write(write);
    });
    // An unreachable service: the user gets no answer.
    socket.on('error', () => undefined);
    this.sockets.set(name, socket);
    return socket;
  }
}
