import { createHash, timingSafeEqual } from 'node:crypto';

/** A key that whoever holds it presents as it is; known by its hash only. */
export abstract class SharedKey {
  private readonly digest: Buffer;

  constructor(key: string) {
    this.digest = sha256(key);
  }

  /** Compares in constant time. */
  matches(candidate: string): boolean {
    return timingSafeEqual(this.digest, sha256(candidate));
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
