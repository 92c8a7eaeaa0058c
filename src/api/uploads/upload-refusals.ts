import { UploadError, type UploadErrorCode } from './upload-error';

const ENDS_TOKEN: ReadonlySet<UploadErrorCode> = new Set<UploadErrorCode>([
  'INVALID_MULTIPART',
  'MISSING_FILE',
  'EMPTY_FILE',
  'FILE_TOO_LARGE',
  'UNSUPPORTED_FILE_TYPE',
]);

/** Whether an upload that had begun is refused for what its client sent: its token has had its use. After anything else it works again. */
export function endsToken(error: unknown): error is UploadError {
  return error instanceof UploadError && ENDS_TOKEN.has(error.uploadCode);
}

/** For a file, or what the client says it will be, beyond the limit. */
export function tooLarge(maxBytes: number): UploadError {
  return new UploadError('FILE_TOO_LARGE', `the file is larger than the ${String(maxBytes)} bytes that are allowed`);
}

/** For a body that is no multipart form, or none that we take. */
export function invalidForm(problem: string): UploadError {
  return new UploadError('INVALID_MULTIPART', `the form is not valid: ${problem}`);
}

/** For an upload that there is no room for, through no fault of its own. */
export function storageFull(): UploadError {
  return new UploadError('STORAGE_FULL', 'there is no room for uploads now; try again later');
}

/** For an account whose files would have more bytes than they may. */
export function quotaExceeded(): UploadError {
  return new UploadError('QUOTA_EXCEEDED', "the account's files have as many bytes as they may");
}

/** For a client that brings less than it must. */
export function tooSlow(): UploadError {
  return new UploadError('UPLOAD_TOO_SLOW', 'the upload brings too little, or nothing at all');
}

/** @param found what the content is; `undefined` for what has no mark of its own */
export function unsupportedType(found: string | undefined): UploadError {
  const is = found === undefined ? 'is of no known type' : `is ${found}`;
  return new UploadError('UNSUPPORTED_FILE_TYPE', `files of this type are not taken: by its content it ${is}`);
}
