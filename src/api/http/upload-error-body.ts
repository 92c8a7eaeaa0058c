import type { ErrorCode } from '@tollgate/domain';
import type { FastifyRequest } from 'fastify';

/** Where the routes of uploads lie; everything below it refuses in their form. */
export const UPLOAD_PATHS = '/api/video/';

/** Body of an error answer below {@link UPLOAD_PATHS}. */
export interface UploadErrorBody {
  readonly success: false;
  readonly code: string;
  readonly error: string;
  /** Set on unexpected faults only, to find them in the log. */
  readonly requestId?: string;
}

/** What the house's refusals are called there. */
export const UPLOAD_CODE_OF: Readonly<Record<ErrorCode, string>> = {
  invalid_request: 'INVALID_REQUEST',
  unauthenticated: 'UNAUTHENTICATED',
  account_suspended: 'ACCOUNT_SUSPENDED',
  permission_denied: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  conflict: 'CONFLICT',
  payload_too_large: 'PAYLOAD_TOO_LARGE',
  rate_limited: 'RATE_LIMITED',
  not_supported: 'NOT_SUPPORTED',
  unavailable: 'UNAVAILABLE',
};

/** What a refusal of Nest or Fastify is called there. */
export function uploadCodeOfStatus(status: number): string {
  return CODE_OF_STATUS[status] ?? 'INVALID_REQUEST';
}

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  404: 'NOT_FOUND',
  408: 'REQUEST_TIMEOUT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Whether a request is answered in the form of uploads: by its route, or where it has none by its path. */
export function isUploadRequest({ routeOptions, raw }: FastifyRequest): boolean {
  const { url } = routeOptions as { readonly url?: string };
  return isUploadTarget(url) || isUploadTarget(raw.url);
}

/** @param url of a request, or of its route, as far as it is known */
export function isUploadTarget(url: string | undefined): boolean {
  return url?.startsWith(UPLOAD_PATHS) === true;
}

export function uploadErrorBody(code: string, error: string, requestId?: string): UploadErrorBody {
  return { success: false, code, error, ...(requestId === undefined ? {} : { requestId }) };
}
