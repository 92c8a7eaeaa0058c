import type { HeaderField } from './header-block';
import { HttpError } from './http-error';

/** How the end of a body is found (RFC 9112, section 6.3). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** It ends with the connection. */
  | { readonly kind: 'close' };

export const NO_BODY: BodyFraming = { kind: 'none' };
export const CHUNKED: BodyFraming = { kind: 'chunked' };
export const UNTIL_CLOSE: BodyFraming = { kind: 'close' };

const LENGTH = /^\d{1,15}$/;

/** What the fields of a message say about its framing, before its kind is looked at. */
export interface FramingFields {
  readonly length: number | undefined;
  readonly isChunked: boolean;
}

/**
 * Reads `Content-Length` and `Transfer-Encoding`, and refuses whatever two readers could take for two different things: both of them, two
 * lengths, any encoding but `chunked`, and `chunked` in HTTP/1.0 (RFC 9112, sections 6.1 and 6.3).
 * @throws HttpError
 */
export function framingOf(fields: readonly HeaderField[], isHttp10: boolean): FramingFields {
  let length: string | undefined;
  let encoding: string | undefined;
  for (const { name, value } of fields) {
    if (name === 'content-length') {
      if (!LENGTH.test(value) || (length !== undefined && length !== value)) throw new HttpError('bad_framing');
      length = value;
    } else if (name === 'transfer-encoding') {
      if (encoding !== undefined) throw new HttpError('bad_framing');
      encoding = value;
    }
  }
  if (encoding === undefined) return { length: length === undefined ? undefined : Number(length), isChunked: false };
  if (length !== undefined || isHttp10) throw new HttpError('bad_framing');
  if (encoding.toLowerCase() !== 'chunked') throw new HttpError('unsupported_framing');
  return { length: undefined, isChunked: true };
}
