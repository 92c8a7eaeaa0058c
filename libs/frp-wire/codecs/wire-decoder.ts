import type { FrpMessage } from '../messages/message';
import { WireError } from '../wire-error';
import { PendingBytes } from './pending-bytes';

/**
 * Takes the bytes of a logical stream and gives what they mean, however they were split. After a push, `next` is to be called until it
 * has no more; what is kept then is a part of one thing, bounded by its limit, and no longer refers to the chunk.
 */
export abstract class WireDecoder<T> {
  protected readonly pending = new PendingBytes();
  private failure: WireError | undefined;

  /** @param chunk not changed, and not kept beyond the `next` that answers `undefined` */
  push(chunk: Buffer): void {
    this.pending.push(chunk);
  }

  /**
   * @returns `undefined` until a whole one is there
   * @throws WireError as soon as the bytes can't become one any more, and from then on always
   */
  next(): T | undefined {
    if (this.failure) throw this.failure;
    try {
      const item = this.read();
      if (item === undefined) this.pending.settle();
      return item;
    } catch (error) {
      if (error instanceof WireError) this.failure = error;
      this.pending.clear();
      throw error;
    }
  }

  /** Takes out what came behind all that was read: it belongs to whoever reads the stream next. A view, where possible. */
  takeRest(): Buffer {
    return this.pending.takeAll();
  }

  /**
   * The peer has ended.
   * @throws WireError `truncated` when it did so within something
   */
  finish(): void {
    if (this.pending.length > 0) throw new WireError('truncated', 'the stream ends within a message');
  }

  /** Takes one out of `pending`; `undefined`, having taken nothing, until it is whole. */
  protected abstract read(): T | undefined;
}

export type MessageDecoder = WireDecoder<FrpMessage>;
