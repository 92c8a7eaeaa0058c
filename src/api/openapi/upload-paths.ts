import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Responses = NonNullable<PathItem['post']>['responses'];
type Response = NonNullable<Responses[string]>;

const EXAMPLE = {
  success: true,
  fileId: 'file_4fJ8sQ2mZk1xWc9vB7nR0L',
  filename: 'lecture.mp4',
  size: 73_400_320,
  mimeType: 'video/mp4',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ownerLabel: 'class 7',
  tokenId: 'ut_SaYCPaqoVLdCTIJkom3Ssm',
  createdAt: '2026-01-04T10:00:00.000Z',
};

/** Each with what it may be, by code; the first one is the example. */
const REFUSALS: Readonly<Record<number, readonly [string, string, string]>> = {
  400: [
    'The form is not one with a single file: `INVALID_MULTIPART`, `MISSING_FILE`, `EMPTY_FILE`. `INVALID_REQUEST`: a header is wrong.',
    'INVALID_MULTIPART',
    'the form is not valid: it has more than one file',
  ],
  401: [
    'The token allows no upload: `MISSING_UPLOAD_TOKEN`, `INVALID_UPLOAD_TOKEN`, `TOKEN_EXPIRED`, `TOKEN_ALREADY_USED`; the ' +
      'last one with Retry-After while another upload holds it.',
    'TOKEN_ALREADY_USED',
    'the upload token has been used',
  ],
  403: [
    "The account's files have as many bytes as they may.",
    'QUOTA_EXCEEDED',
    "the account's files have as many bytes as they may",
  ],
  408: [
    'The client brings too little; the token works again.',
    'UPLOAD_TOO_SLOW',
    'the upload brings too little, or nothing at all',
  ],
  413: ['The file is too large.', 'FILE_TOO_LARGE', 'the file is larger than the 2147483648 bytes that are allowed'],
  415: [
    'The file is of a type that is not taken, by its content.',
    'UNSUPPORTED_FILE_TYPE',
    'files of this type are not taken: by its content it is application/zip',
  ],
  429: ['The address has shown too many unknown tokens.', 'RATE_LIMITED', 'too many requests from this address'],
  503: [
    'Too many uploads are under way, or something that this needs does not answer.',
    'TOO_MANY_UPLOADS',
    'too many uploads are under way; try again in a moment',
  ],
  507: [
    'The storage has no room; the token works again.',
    'STORAGE_FULL',
    'there is no room for uploads now; try again later',
  ],
};

/** Adds the route that lives on Fastify itself, where Nest's scanner does not see it. */
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
      content: { 'application/json': { schema: uploadSchema(), example: EXAMPLE } },
    },
    ...Object.fromEntries(Object.entries(REFUSALS).map(([status, refusal]) => [status, refusalResponse(refusal)])),
  },
};

function uploadSchema(): { type: string; required: string[]; properties: Record<string, { type: string }> } {
  const properties = Object.fromEntries(
    Object.entries(EXAMPLE).map(([name, value]) => [name, { type: typeOf(value) }]),
  );
  const optional = ['ownerLabel', 'tokenId'];
  return { type: 'object', required: Object.keys(EXAMPLE).filter((name) => !optional.includes(name)), properties };
}

function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'integer' : typeof value;
}

function refusalResponse([description, code, error]: readonly [string, string, string]): Response {
  return {
    description,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/UploadError' },
        example: { success: false, code, error },
      },
    },
  };
}
