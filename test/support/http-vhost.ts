import type { Socket } from 'node:net';
import { EndingRelays, TurnFlusher } from '@tollgate/stream-kit';
import { type PairedStream, type RecordingReader, record, socketPair, streamPair } from '@tollgate/testing';
import type { HttpTarget, HttpTargetOptions, UserAddress } from '../../src/gateway/vhost/http/http-target';
import { HttpVhost, type HttpVhostOptions } from '../../src/gateway/vhost/http/http-vhost';

/** Waits, turn by turn of the event loop, for something that must come. */
export async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${isSo.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits for as many turns as anything on its way could take. */
export async function turns(count = 30): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The service's end of one connection to it. */
export class ServiceConnection {
  readonly reader: RecordingReader;

  constructor(readonly stream: PairedStream) {
    this.reader = record(stream);
  }

  /** All that has come. */
  get text(): string {
    return this.reader.bytes.toString('latin1');
  }

  get isClosed(): boolean {
    return this.reader.events.includes('close') || this.reader.events.includes('end');
  }

  send(text: string | Buffer): void {
    this.stream.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Waits until something has come, as often as told. */
  async got(pattern: RegExp | string): Promise<void> {
    await until(() => (typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text)));
  }
}

/** A service in memory, which does what the test says. */
export class TestService implements HttpTarget {
  readonly connections: ServiceConnection[] = [];
  readonly dialledFor: UserAddress[] = [];
  /** When set, there is no connection to be had. */
  isDown = false;
  /** Called with each new connection. */
  onConnection: ((connection: ServiceConnection) => void) | undefined;

  constructor(readonly options: HttpTargetOptions = {}) {}

  async connect(user: UserAddress): Promise<PairedStream> {
    this.dialledFor.push(user);
    if (this.isDown) throw new Error('no work connection');
    const [ours, theirs] = streamPair();
    const connection = new ServiceConnection(theirs);
    this.connections.push(connection);
    this.onConnection?.(connection);
    return Promise.resolve(ours);
  }

  next(): HttpTarget {
    return this;
  }

  /** Waits for a connection, the first one as 0. */
  async connection(index = 0): Promise<ServiceConnection> {
    await until(() => this.connections.length > index);
    const connection = this.connections[index];
    if (connection === undefined) throw new Error('there is none');
    return connection;
  }
}

/** A user's end of a connection. */
export class TestUser {
  text = '';
  isEnded = false;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    socket.on('end', () => {
      this.isEnded = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  async got(pattern: RegExp | string): Promise<void> {
    await until(() => (typeof pattern === 'string' ? this.text.includes(pattern) : pattern.test(this.text)));
  }
}

/** An {@link HttpVhost} with a clock of its own. */
export class VhostHarness {
  nowMs = 1_000;
  readonly endings = new EndingRelays();
  readonly vhost: HttpVhost;
  private readonly users: TestUser[] = [];

  constructor(options: Partial<HttpVhostOptions> = {}) {
    const { endings } = this;
    this.vhost = new HttpVhost({ flusher: new TurnFlusher(), endings, now: () => this.nowMs, ...options });
  }

  serve(service: TestService, domain = 'example.com', location = '', httpUser = ''): TestService {
    this.vhost.routes.add({ domain, location, httpUser }, service);
    return service;
  }

  async visit(): Promise<TestUser> {
    const { accepted, connected } = await socketPair('net');
    const user = new TestUser(connected);
    this.users.push(user);
    this.vhost.takeSocket(accepted);
    return user;
  }

  /** Lets time pass, told once a second. */
  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs = Math.min(end, this.nowMs + 1_000);
      this.vhost.tick(this.nowMs);
      this.endings.tick(this.nowMs);
    }
  }

  close(): void {
    this.vhost.close();
    for (const { socket } of this.users) socket.destroy();
  }
}
