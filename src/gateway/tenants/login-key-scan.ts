import { ShardedMap } from '@tollgate/tunnel-tokens';
import { TokenSegment } from './token-segment';

/** Places of the first segment of a length; each further one has twice as many, so that rare lengths take little. */
const FIRST_SLOTS = 64;
/** A segment's memory is made in one go: 256 KiB take some tenths of a millisecond. */
const MOST_SLOTS = 4_096;

/** Where new tokens of one length go. */
interface LengthClass {
  last: number;
  /** Places that became free. */
  readonly free: number[];
}

/**
 * All tokens, laid out for {@link LoginKeyPass}. A token keeps its place for as long as it is there, whatever comes and goes around
 * it: whoever walks over all places meets every token that is there all the while.
 */
export class LoginKeyScan {
  private readonly list: TokenSegment[] = [];
  private readonly classes = new Map<number, LengthClass>();
  /** A segment's number × {@link MOST_SLOTS} + the slot in it. */
  private readonly places = new ShardedMap<number>();

  get size(): number {
    return this.places.size;
  }

  /** Grows at its end, and never shrinks. */
  get segments(): readonly TokenSegment[] {
    return this.list;
  }

  add(token: string): void {
    if (this.places.has(token)) return;
    const bytes = TokenSegment.classOf(token);
    let lengthClass = this.classes.get(bytes);
    if (lengthClass === undefined) {
      lengthClass = { last: this.open(bytes, FIRST_SLOTS), free: [] };
      this.classes.set(bytes, lengthClass);
    }
    const place = lengthClass.free.pop() ?? this.nextPlace(lengthClass);
    this.list[Math.floor(place / MOST_SLOTS)]?.put(place % MOST_SLOTS, token);
    this.places.set(token, place);
  }

  delete(token: string): void {
    const place = this.places.get(token);
    if (place === undefined) return;
    this.places.delete(token);
    this.list[Math.floor(place / MOST_SLOTS)]?.clear(place % MOST_SLOTS);
    this.classes.get(TokenSegment.classOf(token))?.free.push(place);
  }

  private nextPlace(lengthClass: LengthClass): number {
    const last = this.list[lengthClass.last];
    if (last !== undefined && last.used === last.slots) {
      lengthClass.last = this.open(last.tokenBytes, Math.min(MOST_SLOTS, last.slots * 2));
    }
    return lengthClass.last * MOST_SLOTS + (this.list[lengthClass.last]?.used ?? 0);
  }

  /** @returns its number */
  private open(tokenBytes: number, slots: number): number {
    return this.list.push(new TokenSegment(tokenBytes, slots)) - 1;
  }
}
