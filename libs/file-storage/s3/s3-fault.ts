import { StorageFullError } from '../file-storage';

const FULL = new Set(['XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'QuotaExceeded', 'InsufficientStorage']);
const INSUFFICIENT_STORAGE = 507;
const MAX_TEXT = 200;

/** What of an error of the SDK decides anything: its other properties may hold parts of a signed request. */
interface S3Answer {
  readonly name: string;
  /** HTTP status; absent when there was no answer. */
  readonly status?: number;
  readonly text: string;
}

export function s3Answer(error: unknown): S3Answer {
  const { name, message, code, $metadata } = (error ?? {}) as Readonly<Partial<Record<string, unknown>>>;
  const status = ($metadata as { httpStatusCode?: number } | undefined)?.httpStatusCode;
  // A failed connection has its reason in `code`; where several addresses were tried there is no message.
  const text = [message, code].find((part) => typeof part === 'string' && part !== '') as string | undefined;
  return {
    name: typeof name === 'string' ? name : 'Error',
    ...(status !== undefined && { status }),
    text: (text ?? '').slice(0, MAX_TEXT),
  };
}

export function isMissing(error: unknown): boolean {
  const { name, status } = s3Answer(error);
  return name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchUpload' || status === 404;
}

/**
 * An error of our own in place of the SDK's, without its properties and without it as a cause.
 * @param doing such as "writing an object"
 */
export function s3Fault(doing: string, error: unknown): Error {
  const { name, status, text } = s3Answer(error);
  const reason = [name, status, text].filter((part) => part !== undefined && part !== '').join(', ');
  const message = `S3: ${doing} failed: ${reason}`;
  return FULL.has(name) || status === INSUFFICIENT_STORAGE ? new StorageFullError(message) : new Error(message);
}
