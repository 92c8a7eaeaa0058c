const PATTERN = /^QINIU ([A-Za-z0-9_-]{1,128}):([A-Za-z0-9+/_-]{1,128}={0,2})$/;

export interface HmacAuthorization {
  readonly accessKey: string;
  /** Base64 as sent; compared as text, so that one signature has one spelling. */
  readonly signature: string;
}

/** Reads `QINIU {AccessKey}:{Signature}`; `undefined` when the header has another form. */
export function parseHmacAuthorization(header: string): HmacAuthorization | undefined {
  const match = PATTERN.exec(header);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { accessKey: match[1], signature: match[2] };
}
