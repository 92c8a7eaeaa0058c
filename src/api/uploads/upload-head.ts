import type { IncomingHttpHeaders } from 'node:http';
import { TollgateError } from '@tollgate/domain';
import { FORM_LIMITS } from './upload-form';
import { invalidForm, tooLarge } from './upload-refusals';

/** RFC 2046, section 5.1.1; quotes are optional where the value is a token. */
const MULTIPART =
  /^multipart\/form-data\s*;(?:[^"]|"[^"]*")*?\bboundary=(?:"[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]"|[\w'+.=-]{1,70})\s*(?:;|$)/i;
const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/** What the head of an upload says. */
export interface UploadHead {
  /** As presented. */
  readonly token: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** The file has at least so many bytes, if what is announced is true. */
  readonly leastBytes: number;
}

/** The client's name for an upload, in a header of any request that begins one. @throws TollgateError */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && PRINTABLE.test(key)) return key;
  throw new TollgateError('invalid_request', 'Idempotency-Key must be 1 to 255 printable ASCII characters');
}

/** The token that an upload presents. */
export function uploadTokenOf(headers: IncomingHttpHeaders): string | undefined {
  const token = headers['x-upload-token'];
  return Array.isArray(token) ? token.join(', ') : token;
}

/** So many bytes the file has at least, if the announced length is true; 0 where none is announced. */
export function leastBytesOf(headers: IncomingHttpHeaders): number {
  return Math.max(0, Number(headers['content-length'] ?? 0) - FORM_LIMITS.overheadBytes);
}

/**
 * Everything that can be known before the body: costs neither token nor store.
 * @param maxBytes largest file that any token allows
 * @throws UploadError INVALID_MULTIPART or FILE_TOO_LARGE; TollgateError
 */
export function readUploadHead(headers: IncomingHttpHeaders, maxBytes: number): UploadHead {
  const idempotencyKey = idempotencyKeyOf(headers);
  if (!MULTIPART.test(headers['content-type'] ?? '')) {
    throw invalidForm('its Content-Type has to be multipart/form-data with a boundary');
  }
  const coding = headers['content-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'identity') throw invalidForm('it must not be compressed');
  const leastBytes = leastBytesOf(headers);
  if (leastBytes > maxBytes) throw tooLarge(maxBytes);
  return { token: uploadTokenOf(headers), idempotencyKey, leastBytes };
}
