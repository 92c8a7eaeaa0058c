import { createHmac } from 'node:crypto';

/** What a signature covers, and whose it is. */
export interface SignRequestInput {
  /** HTTP method; signed in upper case. */
  readonly method: string;
  /** Path with its query exactly as it goes over the wire, such as `/api/v2/tokens?limit=10`. */
  readonly uri: string;
  /** The exact bytes of the body; a string stands for its UTF-8 bytes. Absent or empty: no body. */
  readonly body?: string | Uint8Array;
  readonly accessKey: string;
  readonly secretKey: string;
  /**
   * The value of `X-Qiniu-Date`: a string is sent as it is (RFC 3339 with fractional seconds), a `Date` with
   * milliseconds. A signature of POST, PUT, PATCH or DELETE is accepted once: never use the same date twice.
   */
  readonly date: string | Date;
}

/** The two headers that make a request a signed one. */
export interface SignatureHeaders {
  readonly Authorization: string;
  readonly 'X-Qiniu-Date': string;
}

/**
 * Signs one request: `Base64(HMAC-SHA256(secretKey, METHOD \n URI \n DATE \n BODY))`.
 * See docs/signing.md for the same in other languages.
 */
export function signRequest(input: SignRequestInput): SignatureHeaders {
  const date = typeof input.date === 'string' ? input.date : input.date.toISOString();
  const signature = createHmac('sha256', input.secretKey)
    .update(`${input.method.toUpperCase()}\n${input.uri}\n${date}\n`)
    .update(input.body ?? '')
    .digest('base64');
  return { Authorization: `QINIU ${input.accessKey}:${signature}`, 'X-Qiniu-Date': date };
}
