import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The parts of a request that its signature covers. */
export interface SignedParts {
  readonly method: string;
  /** Path, with or without its query, exactly as on the request line. */
  readonly uri: string;
  /** The value of `X-Qiniu-Date`. */
  readonly date: string;
  /** The exact bytes received; empty when there was no body. */
  readonly body: Uint8Array;
}

/**
 * Base64 HMAC-SHA256 over `METHOD\nURI\nDATE\nBODY`.
 * @param secretKey the whole `SK_…` text is the key
 */
export function hmacSignature(secretKey: string, parts: SignedParts): string {
  return createHmac('sha256', secretKey)
    .update(`${parts.method}\n${parts.uri}\n${parts.date}\n`)
    .update(parts.body)
    .digest('base64');
}

/** Compares two texts in a time that does not depend on where they differ, nor on their lengths. */
export function constantTimeEqual(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
