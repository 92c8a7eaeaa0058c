import type { OpenAPIObject } from '@nestjs/swagger';
import { describeTus } from './tus-paths';
import { UPLOAD_EXAMPLE, UPLOAD_REFUSALS, refusalResponse, uploadSchema } from './upload-answers';

type PathItem = OpenAPIObject['paths'][string];

/** Adds the routes that live on Fastify itself, where Nest's scanner does not see it. */
export function describeUpload(document: OpenAPIObject): void {
  document.components = {
    ...document.components,
    securitySchemes: {
      ...document.components?.securitySchemes,
      'upload-token': {
        type: 'apiKey',
        in: 'header',
        name: 'X-Upload-Token',
        description: 'A token for one upload; see `POST /api/video/auth/upload-token`.',
      },
    },
  };
  document.paths['/api/video/upload'] = { post: UPLOAD };
  describeTus(document);
}

const UPLOAD: NonNullable<PathItem['post']> = {
  operationId: 'upload',
  summary: 'Upload one file',
  description:
    'Uses the token: it works for one upload, whatever its outcome, unless the connection breaks or the fault is ours. What is ' +
    'wrong with the headers is told before the body is read, and with `Expect: 100-continue` before it is sent.',
  tags: ['Uploads'],
  security: [{ 'upload-token': [] }],
  parameters: [
    {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description:
        'The name of this upload, of your choosing. Repeated with the same token, a finished upload is told again and not ' +
        'stored twice.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  ],
  requestBody: {
    required: true,
    description: 'One file under any field name, and up to 8 text fields, which are ignored.',
    content: {
      'multipart/form-data': {
        schema: { type: 'object', required: ['file'], properties: { file: { type: 'string', format: 'binary' } } },
      },
    },
  },
  responses: {
    200: {
      description: 'It is stored.',
      headers: {
        'Idempotent-Replayed': {
          description: '`true` where it had been stored before.',
          schema: { type: 'string', enum: ['true'] },
        },
      },
      content: { 'application/json': { schema: uploadSchema(), example: UPLOAD_EXAMPLE } },
    },
    ...Object.fromEntries(
      Object.entries(UPLOAD_REFUSALS).map(([status, refusal]) => [status, refusalResponse(refusal)]),
    ),
  },
};
