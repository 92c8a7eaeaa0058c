import { Socket } from 'node:net';
import type { Lease } from './byte-stream';
import { type ReadSlab, ReadSlabPool } from './read-slab';

/*
 * Reads from accepted sockets into our own memory. Node has a public option for that (`onread`), but only for sockets that connect. This
 * file sets the same three private properties that the option sets; all else, pausing and the end included, stays Node's own work.
 * Everything it relies on is looked for first. docs/adr/0011-private-socket-reads.md
 */

/** Whoever is given what a socket reads. */
export interface FastReadTarget {
  onFastRead(chunk: Buffer, lease?: Lease): void;
}

/** What a chunk must have to be handed over in place: a shorter one is copied, so that it doesn't keep a whole slab. */
const MIN_LENT_BYTES = 4096;
/** A read of so many bytes speaks for a busy socket... */
const LARGE_READ_BYTES = 8192;
/** ...and so many in a row give it a slab. */
const LARGE_READS_TO_JOIN = 2;
/** So many short ones in a row take it away. TLS records of frp alternate between 12 bytes and 16 KB. */
const SHORT_READS_TO_LEAVE = 4;
/** With less room than that the next slab is begun. */
const MIN_ROOM_BYTES = 64 * 1024;
const LANDING_BYTES = 64 * 1024;

interface BufferedHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

interface PrivateKeys {
  readonly buffer: symbol;
  readonly callback: symbol;
  readonly generator: symbol;
}

/**
 * What idle sockets read into, all of them: a read is over, and what came is copied out, before the next one begins. That holds where
 * libuv reads when a socket is readable; on Windows it hands the memory out beforehand.
 */
const landing = Buffer.allocUnsafeSlow(LANDING_BYTES);
const pool = new ReadSlabPool();
const keys = process.platform === 'win32' ? undefined : findKeys();

/** The reading state of a socket, by a property of it: so that no socket needs functions of its own. */
const READS = Symbol('tollgate fast reads');

/** What Node is to read into next; asked for right after {@link onRead} has returned, and by nothing else. */
let nextBuffer: Uint8Array | undefined;

function findKeys(): PrivateKeys | undefined {
  const symbols = Object.getOwnPropertySymbols(new Socket());
  const find = (name: string): symbol | undefined => symbols.find(({ description }) => description === name);
  const [buffer, callback, generator] = [find('kBuffer'), find('kBufferCb'), find('kBufferGen')];
  if (buffer === undefined || callback === undefined || generator === undefined) return undefined;
  return { buffer, callback, generator };
}

function handleOf(socket: Socket): BufferedHandle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  return 'useUserBuffer' in handle && typeof handle.useUserBuffer === 'function'
    ? (handle as BufferedHandle)
    : undefined;
}

/** Whether this release of Node has what fast reads need. */
export function hasFastReads(): boolean {
  return keys !== undefined;
}

/** How one socket reads at present. */
export class FastReads {
  private slab: ReadSlab | undefined;
  private offset = 0;
  private streak = 0;
  private isOver = false;

  private constructor(private readonly target: FastReadTarget) {}

  /**
   * Has a connected socket, from which nothing is waiting in Node, read into our memory from now on.
   * @returns `undefined` when that is not possible; then nothing has changed
   */
  static install(socket: Socket, target: FastReadTarget): FastReads | undefined {
    if (keys === undefined || socket.connecting || socket.destroyed || socket.readableLength > 0) return undefined;
    for (const key of [keys.buffer, keys.callback, keys.generator]) {
      if (Reflect.get(socket, key) !== null) return undefined;
    }
    const handle = handleOf(socket);
    if (handle === undefined) return undefined;
    const reads = new FastReads(target);
    handle.useUserBuffer(landing);
    Reflect.set(socket, READS, reads);
    Reflect.set(socket, keys.buffer, landing);
    Reflect.set(socket, keys.callback, onRead);
    Reflect.set(socket, keys.generator, takeNextBuffer);
    return reads;
  }

  /** The socket is closed and reads no more. */
  close(): void {
    this.isOver = true;
    this.leave();
  }

  /** @returns what is to be read into next, or `undefined` for the same memory as before */
  read(bytes: number): Uint8Array | undefined {
    return this.slab === undefined ? this.readLanding(bytes) : this.readSlab(this.slab, bytes);
  }

  private readLanding(bytes: number): Uint8Array | undefined {
    this.target.onFastRead(copyOf(landing, 0, bytes));
    this.streak = bytes >= LARGE_READ_BYTES ? this.streak + 1 : 0;
    if (this.streak < LARGE_READS_TO_JOIN || this.isOver) return undefined;
    this.slab = pool.join();
    this.offset = 0;
    this.streak = 0;
    return this.slab?.bytes;
  }

  private readSlab(slab: ReadSlab, bytes: number): Uint8Array | undefined {
    const { offset } = this;
    if (bytes < MIN_LENT_BYTES) {
      this.target.onFastRead(copyOf(slab.bytes, offset, bytes));
      if (++this.streak < SHORT_READS_TO_LEAVE) return undefined;
      this.leave();
      return landing;
    }
    this.streak = 0;
    slab.retain();
    this.target.onFastRead(slab.bytes.subarray(offset, offset + bytes), slab);
    if (this.isOver) return undefined;
    if (slab.isOnlyRead) {
      this.offset = 0;
      return offset === 0 ? undefined : slab.bytes;
    }
    this.offset = offset + bytes;
    if (slab.bytes.length - this.offset >= MIN_ROOM_BYTES) return slab.bytes.subarray(this.offset);
    this.slab = pool.replace(slab);
    this.offset = 0;
    return this.slab.bytes;
  }

  private leave(): void {
    if (this.slab !== undefined) pool.leave(this.slab);
    this.slab = undefined;
    this.streak = 0;
  }
}

function copyOf(source: Buffer, offset: number, bytes: number): Buffer {
  const copy = Buffer.allocUnsafe(bytes);
  source.copy(copy, 0, offset, offset + bytes);
  return copy;
}

/** Called by Node, which holds that memory itself and so needn't tell us. */
function onRead(this: Socket, bytes: number): boolean {
  const reads: unknown = Reflect.get(this, READS);
  const next = reads instanceof FastReads ? reads.read(bytes) : undefined;
  // Last of all: what was done meanwhile may have had another socket read.
  nextBuffer = next;
  return true;
}

function takeNextBuffer(): Uint8Array | undefined {
  return nextBuffer;
}
