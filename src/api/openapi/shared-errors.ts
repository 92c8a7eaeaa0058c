import type { OpenAPIObject } from '@nestjs/swagger';

type ResponseItem = NonNullable<OpenAPIObject['paths'][string]['get']>['responses'][string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Adds the errors that any operation may answer, so that no controller has to repeat them. */
export function describeSharedErrors(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
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
    }
  }
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
