import { hash, randomBytes } from 'node:crypto';

/** As long as those of frps: 64 bits in hex. */
const RUN_ID = /^[0-9a-f]{16}$/;
const RANDOM_BYTES = 6;
const RANDOM_DIGITS = RANDOM_BYTES * 2;
const BUCKET_DIGITS = 4;
const BUCKETS = 16 ** BUCKET_DIGITS;

/**
 * Run ids that tell where to look for the token of the client that comes back with one, also after a restart and at another
 * gateway with the same key: 48 random bits, and 16 bits of a keyed hash of the token, masked by another one of the random bits. Who
 * doesn't have the key sees 64 random bits, and not even whether two run ids are of one token. It is a hint and no proof: the login's
 * key must still be that of the token.
 */
export class RunIdHints {
  /** By the hash of their tokens. */
  private readonly buckets = new Array<readonly string[] | undefined>(BUCKETS).fill(undefined);
  private readonly key: string;

  /** @param key at least 32 random bytes; keep it as the tokens are kept */
  constructor(key: Buffer) {
    this.key = key.toString('hex');
  }

  add(token: string): void {
    const bucket = this.keyedHash('token', token);
    const tokens = this.buckets[bucket] ?? [];
    if (!tokens.includes(token)) this.buckets[bucket] = [...tokens, token];
  }

  delete(token: string): void {
    const bucket = this.keyedHash('token', token);
    this.buckets[bucket] = this.buckets[bucket]?.filter((other) => other !== token);
  }

  /** A run id of 16 hex digits for a client with this token, a new one each time. */
  create(token: string): string {
    const random = randomBytes(RANDOM_BYTES).toString('hex');
    const masked = this.keyedHash('token', token) ^ this.keyedHash('mask', random);
    return random + masked.toString(16).padStart(BUCKET_DIGITS, '0');
  }

  /** The few tokens that a run id may be of; those of some other ones where it was not made with this key. */
  candidates(runId: string): readonly string[] {
    if (!RUN_ID.test(runId)) return [];
    const masked = Number.parseInt(runId.slice(RANDOM_DIGITS), 16);
    const bucket = masked ^ this.keyedHash('mask', runId.slice(0, RANDOM_DIGITS));
    return this.buckets[bucket] ?? [];
  }

  /**
   * The key in front of what is hashed, which is enough where so little of the digest is told; an HMAC takes five times as long, for
   * each token that is loaded.
   * @param purpose keeps the two uses of the key apart
   */
  private keyedHash(purpose: 'token' | 'mask', text: string): number {
    return Number.parseInt(hash('sha256', `${this.key}:${purpose}:${text}`).slice(0, BUCKET_DIGITS), 16);
  }
}
