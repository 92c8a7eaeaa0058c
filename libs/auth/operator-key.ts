import { createHash, timingSafeEqual } from 'node:crypto';

/** Shortest operator key accepted, in characters. */
export const MIN_OPERATOR_KEY_LENGTH = 16;

/** Knows the operator key by its hash only. */
export class OperatorKey {
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
