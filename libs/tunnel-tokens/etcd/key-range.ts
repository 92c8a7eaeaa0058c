/** The keys that begin with a prefix, and the tokens they are of. */
export class KeyRange {
  /** The prefix as a key. */
  readonly start: Buffer;
  /** The first key behind the range. */
  readonly end: Buffer;

  constructor(readonly prefix: string) {
    if (prefix === '') throw new RangeError('the prefix of the keys must not be empty');
    this.start = Buffer.from(prefix);
    this.end = Buffer.from(this.start);
    // UTF-8 has no byte 0xff, so the last one can always be counted up.
    const last = this.end.length - 1;
    this.end.writeUInt8(this.end.readUInt8(last) + 1, last);
  }

  keyOf(value: string): Buffer {
    return Buffer.from(this.prefix + value);
  }

  valueOf(key: Buffer): string {
    return key.toString('utf8', this.start.length);
  }
}
