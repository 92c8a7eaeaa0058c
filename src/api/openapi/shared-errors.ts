import type { OpenAPIObject } from '@nestjs/swagger';

type ResponseItem = NonNullable<OpenAPIObject['paths'][string]['get']>['responses'][string];
type HeaderItem = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>[string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const RETRY_AFTER = 'Retry-After';
/** What limits may be applied to. */
const API = '/api/';
/** Its 503 is the answer to what was asked, and not a refusal. */
const HEALTH = '/health';

const retryAfter: HeaderItem = {
  description: 'Whole seconds, at least 1, after which a repeat may pass.',
  schema: { type: 'integer', minimum: 1 },
};

/** Adds the errors that any operation may answer, so that no controller has to repeat them. */
export function describeSharedErrors(document: OpenAPIObject): void {
  document.components = {
    ...document.components,
    headers: { ...document.components?.headers, [RETRY_AFTER]: retryAfter },
  };
  for (const [route, path] of Object.entries(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation === undefined) continue;
      operation.responses['500'] ??= error(
        'A fault of ours; `request_id` finds it in the log.',
        500,
        'internal error',
        {
          request_id: '1f0c9a2e-3k',
        },
      );
      if (operation.requestBody !== undefined) {
        operation.responses['413'] ??= error('The body is too large.', 413, 'request body too large');
      }
      if (route.startsWith(API)) {
        operation.responses['503'] ??= error(
          'Something that this needs does not answer; see Retry-After.',
          503,
          'rate limits cannot be checked',
        );
      }
      if (route === HEALTH) describeRetry(operation.responses['429']);
      else for (const status of ['429', '503']) describeRetry(operation.responses[status]);
    }
  }
}

function describeRetry(response: ResponseItem): void {
  if (response === undefined || '$ref' in response) return;
  response.headers = { ...response.headers, [RETRY_AFTER]: { $ref: `#/components/headers/${RETRY_AFTER}` } };
}

function error(
  description: string,
  code: number,
  text: string,
  more: Record<string, string> = {},
): NonNullable<ResponseItem> {
  return {
    description,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        example: { error: text, code, timestamp: '2026-01-04T10:00:00.000Z', ...more },
      },
    },
  };
}
