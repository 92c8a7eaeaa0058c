import { randomBytes as cryptoRandomBytes } from 'node:crypto';
import {
  codecOnWorkConns,
  type FrpMessage,
  loginKey,
  type MessageOf,
  type OutgoingMessageOf,
  StreamKey,
  v1Codec,
  v2Codec,
  type WireCodec,
} from '@tollgate/frp-wire';
import { type ByteStream, EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { type ClientLink, openLink } from './client-link';
import { Control } from './control';
import { logIn, type LoggedIn, machineSeconds } from './log-in';
import type { FrpClientOptions, ProxyOptions } from './options';
import { payloadOf } from './payload';
import { readOne } from './read-one';
import { endUnread, serveByTcp } from './tcp-service';
import { UdpService } from './udp-service';
import { writeOpening } from './write-message';

const TICK_MS = 1000;
const PLAIN_HEARTBEAT_MS = 30_000;

/** What the server says to a proxy: one of the two is empty. */
export interface ProxyAnswer {
  readonly remoteAddr: string;
  readonly error: string;
}

/**
 * A client of frp for tests, written from the protocol and built of the same libraries as the gateway. What it writes is what frpc
 * 0.70.1 writes, stream by stream. It does not reconnect: a test that wants that connects again, with the run id it had.
 */
export class FrpClient {
  readonly runId: string;
  /** When its control is over, with the reason unless the server ended it in order. */
  readonly closed: Promise<Error | undefined>;
  /** `error` of StartWorkConn messages: work connections that the server did not take. */
  readonly refusedWorkConns: string[] = [];
  private readonly codec: WireCodec;
  private readonly workCodec: WireCodec;
  private readonly key: StreamKey;
  private readonly control: Control;
  private readonly endings = new EndingRelays();
  private readonly udpServices = new Set<UdpService>();
  private readonly proxies = new Map<string, { readonly options: ProxyOptions; isRunning: boolean }>();
  private readonly answers = new Map<string, (answer: ProxyAnswer) => void>();
  private readonly pongs: ((error: string) => void)[] = [];
  private readonly ticker: NodeJS.Timeout;
  private pingedAtMs = performance.now();
  private hasClosed = false;
  private tellClosed: (error: Error | undefined) => void = () => undefined;

  /** Connects and logs in. @throws LoginRefusedError with the server's text; whatever else goes wrong on the way */
  static async connect(options: FrpClientOptions): Promise<FrpClient> {
    const flusher = new TurnFlusher();
    const link = await openLink(options, flusher);
    const stream = await link.openStream();
    try {
      return new FrpClient(options, flusher, link, stream, await logIn(stream, options));
    } catch (error) {
      stream.end();
      link.close();
      throw error;
    }
  }

  private constructor(
    private readonly options: FrpClientOptions,
    private readonly flusher: TurnFlusher,
    private readonly link: ClientLink,
    stream: ByteStream,
    { response, cipher }: LoggedIn,
  ) {
    this.runId = response.runId;
    this.codec = options.wire === 'v2' ? v2Codec : v1Codec;
    this.workCodec = codecOnWorkConns(this.codec, options.login?.version ?? '');
    this.key = new StreamKey(options.token);
    this.closed = new Promise((resolve) => {
      this.tellClosed = resolve;
    });
    this.ticker = setInterval(() => {
      this.tick(performance.now());
    }, TICK_MS).unref();
    this.control = new Control(stream, this.codec, cipher, {
      onMessage: (message) => {
        this.take(message);
      },
      onClose: (error) => {
        this.finish(error);
      },
    });
    this.control.start();
  }

  /** Registers a proxy; once more, when that was refused before. Rejects when the client is closed meanwhile. */
  async addProxy(options: ProxyOptions): Promise<ProxyAnswer> {
    const { name, type, local: _local, ...fields } = options;
    this.proxies.set(name, { options, isRunning: false });
    const answered = new Promise<ProxyAnswer>((resolve) => this.answers.set(name, resolve));
    this.control.send({ type: 'newProxy', proxyName: name, proxyType: type, ...fields });
    return Promise.race([answered, this.untilClosed()]);
  }

  /** Takes a proxy back, which nobody answers. */
  closeProxy(name: string): void {
    this.proxies.delete(name);
    this.control.send({ type: 'closeProxy', proxyName: name });
  }

  /** @returns the error of the Pong, empty when all is well */
  async ping(): Promise<string> {
    const answered = new Promise<string>((resolve) => this.pongs.push(resolve));
    this.control.send({ type: 'ping', ...this.keyFor('HeartBeats') });
    return Promise.race([answered, this.untilClosed()]);
  }

  /** Opens a work connection that the server has not asked for. */
  offerWorkConnection(): void {
    void this.work().catch(() => undefined);
  }

  /** Ends everything in order, as frpc does when it is told to stop. */
  async close(): Promise<void> {
    for (const name of this.proxies.keys()) this.closeProxy(name);
    this.control.end();
    this.link.close();
    this.finish(undefined);
    await this.closed;
  }

  /** Cuts every connection, as the end of a process does. */
  kill(): void {
    this.control.destroy();
    this.link.destroy();
    this.finish(undefined);
  }

  private take(message: FrpMessage): void {
    switch (message.type) {
      case 'reqWorkConn':
        this.offerWorkConnection();
        return;
      case 'newProxyResp': {
        const { proxyName, remoteAddr, error } = message;
        const proxy = this.proxies.get(proxyName);
        if (proxy !== undefined && error === '') proxy.isRunning = true;
        this.answers.get(proxyName)?.({ remoteAddr, error });
        this.answers.delete(proxyName);
        return;
      }
      case 'pong':
        this.pongs.shift()?.(message.error);
        return;
      default:
    }
  }

  private async work(): Promise<void> {
    const stream = await this.link.openStream();
    writeOpening(stream, this.codec, { type: 'newWorkConn', runId: this.runId, ...this.keyFor('NewWorkConns') });
    const start = await readOne(stream, this.codec.decoder());
    if (start.type !== 'startWorkConn') throw new Error(`a ${start.type} on a work connection`);
    const proxy = this.proxies.get(start.proxyName);
    if (start.error !== '') this.refusedWorkConns.push(start.error);
    if (start.error !== '' || proxy?.isRunning !== true || this.hasClosed) endUnread(stream);
    else await this.serve(stream, start, proxy.options);
  }

  private async serve(stream: ByteStream, start: MessageOf<'startWorkConn'>, proxy: ProxyOptions): Promise<void> {
    const payload = payloadOf(stream, proxy, this.key, this.options.randomBytes ?? cryptoRandomBytes);
    const { local } = proxy;
    if ('handler' in local) {
      local.handler(payload, start);
    } else if (proxy.type === 'udp') {
      const service = new UdpService(payload, this.workCodec, local, (over) => this.udpServices.delete(over));
      if (!payload.isClosed) this.udpServices.add(service);
    } else {
      const { flusher, endings } = this;
      await serveByTcp(payload, local, { flusher, endings });
    }
  }

  private keyFor(scope: 'HeartBeats' | 'NewWorkConns'): Omit<OutgoingMessageOf<'ping'>, 'type'> {
    const { token, scopes = [], nowSeconds = machineSeconds } = this.options;
    if (!scopes.includes(scope)) return {};
    const timestamp = nowSeconds();
    return { privilegeKey: loginKey(token, timestamp), timestamp };
  }

  private tick(nowMs: number): void {
    this.link.tick(nowMs);
    this.endings.tick(nowMs);
    for (const service of this.udpServices) service.tick(nowMs);
    const { mux = true, heartbeatMs = mux ? 0 : PLAIN_HEARTBEAT_MS } = this.options;
    if (heartbeatMs === 0 || nowMs - this.pingedAtMs < heartbeatMs) return;
    this.pingedAtMs = nowMs;
    void this.ping().catch(() => undefined);
  }

  private async untilClosed(): Promise<never> {
    throw (await this.closed) ?? new Error('the client is closed');
  }

  private finish(error: Error | undefined): void {
    if (this.hasClosed) return;
    this.hasClosed = true;
    clearInterval(this.ticker);
    // frpc does so too: without its control nothing of it has a meaning.
    this.link.close();
    this.tellClosed(error);
  }
}
