import type { UploadedFile } from '@tollgate/domain';
import type { ByteRange } from '@tollgate/file-storage';
import { attachment } from './content-disposition';
import { type ConditionalHeaders, checkPreconditions, isRangeWanted } from './preconditions';

const SECOND_MS = 1_000;

/** What a request for a content is answered with. */
export interface DownloadPlan {
  readonly status: 200 | 206 | 304 | 412 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** What of the content is sent; `undefined`: nothing. */
  readonly range?: ByteRange;
  /** Why nothing is sent, where that is an error. */
  readonly refusal?: { readonly code: string; readonly text: string };
}

/**
 * Whatever a content is, or is taken for by a browser: it is saved, not shown, not guessed at, and where it is shown all the
 * same it can do nothing and lead nowhere.
 */
const INERT = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** @param method GET or HEAD, which has no ranges (RFC 9110, section 14.2) */
export function planDownload(
  file: UploadedFile,
  method: string,
  headers: ConditionalHeaders & { readonly range?: string | undefined },
): DownloadPlan {
  const { size } = file;
  const lastModified = new Date(Math.floor(file.createdAt.getTime() / SECOND_MS) * SECOND_MS);
  const validators = { etag: `"${file.sha256}"`, lastModified };
  const common = {
    ...INERT,
    etag: validators.etag,
    'last-modified': lastModified.toUTCString(),
    'accept-ranges': 'bytes',
    // Who may read it changes without it: nobody keeps it but whoever asked for it.
    'cache-control': 'private, no-store',
  };
  const outcome = checkPreconditions(headers, validators);
  if (outcome === 'not-modified') return { status: 304, headers: common };
  if (outcome === 'failed') {
    const refusal = { code: 'PRECONDITION_FAILED', text: 'the file is not the one that the request is for' };
    return { status: 412, headers: common, refusal };
  }

  const isRanged = method === 'GET' && isRangeWanted(headers, validators);
  const range = isRanged ? rangeOf(headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    const refusal = { code: 'RANGE_NOT_SATISFIABLE', text: `the file has ${String(size)} bytes` };
    return { status: 416, headers: { ...common, 'content-range': `bytes */${String(size)}` }, refusal };
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      ...common,
      'content-type': file.type,
      'content-length': String(end - start + 1),
      'content-disposition': attachment(file.name),
      ...(range === undefined ? {} : { 'content-range': `bytes ${String(start)}-${String(end)}/${String(size)}` }),
    },
    ...(method === 'HEAD' ? {} : { range: { start, end } }),
  };
}

/**
 * One range of bytes (RFC 9110, section 14.1.2).
 * @returns `undefined` for a header that is none, or asks for several parts: the whole is sent then, as it may be
 */
function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  // Without a first byte, the other number says how many there are to be from the end.
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
