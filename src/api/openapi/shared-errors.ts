import type { OpenAPIObject } from '@nestjs/swagger';
import { UPLOAD_PATHS } from '../http/upload-error-body';

type ResponseItem = NonNullable<OpenAPIObject['paths'][string]['get']>['responses'][string];
type HeaderItem = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const RETRY_AFTER = 'Retry-After';
/** What limits may be applied to. */
const API = '/api/';
/** Its 503 is the answer to what was asked, and not a refusal. */
const HEALTH = '/health';
/** How a request is called in the log. */
const FAULT_ID = '1f0c9a2e-3k';

const retryAfter: HeaderItem = {
  description: 'Whole seconds, at least 1, after which a repeat may pass.',
  schema: { type: 'integer', minimum: 1 },
};

/** An error that any operation may answer. */
interface SharedError {
  readonly description: string;
  readonly status: number;
  readonly text: string;
  /** What it is called below the paths of uploads. */
  readonly uploadCode: string;
  readonly isFault?: boolean;
}

const FAULT: SharedError = {
  description: 'A fault of ours; its id finds it in the log.',
  status: 500,
  text: 'internal error',
  uploadCode: 'INTERNAL_ERROR',
  isFault: true,
};
const TOO_LARGE: SharedError = {
  description: 'The body is too large.',
  status: 413,
  text: 'request body too large',
  uploadCode: 'PAYLOAD_TOO_LARGE',
};
const UNAVAILABLE: SharedError = {
  description: 'Something that this needs does not answer; see Retry-After.',
  status: 503,
  text: 'rate limits cannot be checked',
  uploadCode: 'UNAVAILABLE',
};

/** Adds the errors that any operation may answer, so that no controller has to repeat them. */
export function describeSharedErrors(document: OpenAPIObject): void {
  document.components = {
    ...document.components,
    headers: { ...document.components?.headers, [RETRY_AFTER]: retryAfter },
  };
  for (const [route, path] of Object.entries(document.paths)) {
    const answer = route.startsWith(UPLOAD_PATHS) ? uploadAnswer : houseAnswer;
    for (const method of METHODS) {
      const operation = path[method];
      if (operation === undefined) continue;
      operation.responses['500'] ??= answer(FAULT);
      if (operation.requestBody !== undefined) operation.responses['413'] ??= answer(TOO_LARGE);
      if (route.startsWith(API)) operation.responses['503'] ??= answer(UNAVAILABLE);
      if (route === HEALTH) describeRetry(operation.responses['429']);
      else for (const status of ['429', '503']) describeRetry(operation.responses[status]);
    }
  }
}

function describeRetry(response: ResponseItem): void {
  if (response === undefined || '$ref' in response) return;
  response.headers = { ...response.headers, [RETRY_AFTER]: { $ref: `#/components/headers/${RETRY_AFTER}` } };
}

function houseAnswer({ description, status, text, isFault }: SharedError): NonNullable<ResponseItem> {
  return json(description, 'Error', {
    error: text,
    code: status,
    timestamp: '2026-01-04T10:00:00.000Z',
    ...(isFault === true ? { request_id: FAULT_ID } : {}),
  });
}

function uploadAnswer({ description, text, uploadCode, isFault }: SharedError): NonNullable<ResponseItem> {
  return json(description, 'UploadError', {
    success: false,
    code: uploadCode,
    error: text,
    ...(isFault === true ? { requestId: FAULT_ID } : {}),
  });
}

function json(description: string, schema: string, example: object): NonNullable<ResponseItem> {
  return {
    description,
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } },
  };
}
