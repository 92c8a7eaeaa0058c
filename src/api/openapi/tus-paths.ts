import type { OpenAPIObject } from '@nestjs/swagger';
import { UPLOAD_EXAMPLE, UPLOAD_REFUSALS, type UploadRefusal, refusalResponse, uploadSchema } from './upload-answers';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['post']>;
type Parameter = NonNullable<Operation['parameters']>[number];
type Response = NonNullable<Operation['responses'][string]>;

const SECURITY = [{ 'upload-token': [] }];
const TAGS = ['Uploads'];
const INTEGER = { type: 'integer', minimum: 0 } as const;
const STRING = { type: 'string' } as const;

const VERSION = parameter('Tus-Resumable', 'The version of the protocol.', { type: 'string', enum: ['1.0.0'] });
const UPLOAD_ID: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Of the upload, as in the `Location` of its creation; the id of the file that it will be.',
  schema: STRING,
};

const EXPIRES = { description: 'When the upload is given up unless it goes on.', schema: STRING };
const OFFSET = { description: 'Bytes that are safely there.', schema: INTEGER };
const LENGTH = { description: 'Bytes of the whole.', schema: INTEGER };
const METADATA = { description: 'As it was given.', schema: STRING };
const LOCATION = { description: 'Path of the upload.', schema: STRING };
const STORED = { 'application/json': { schema: uploadSchema(), example: UPLOAD_EXAMPLE } };

/** Refusals that resumable uploads have and others have not, or for other reasons. */
const REFUSALS: Readonly<Record<number, UploadRefusal>> = {
  ...UPLOAD_REFUSALS,
  400: [
    'A header is missing or wrong: `INVALID_REQUEST`. The upload has no bytes: `EMPTY_FILE`.',
    'INVALID_REQUEST',
    'Upload-Length or Upload-Defer-Length header required',
  ],
  403: [
    "The account's files have as many bytes as they may: `QUOTA_EXCEEDED`. A piece comes without `Upload-Offset` or its type: " +
      '`INVALID_REQUEST`.',
    'QUOTA_EXCEEDED',
    "the account's files have as many bytes as they may",
  ],
  404: [
    'There is no such upload, or it is not of this token; with GET: it is not finished.',
    'NOT_FOUND',
    'upload not found',
  ],
  409: ['`Upload-Offset` is not where the upload stands; ask by HEAD.', 'INVALID_REQUEST', 'Upload-Offset conflict'],
  410: [
    'The upload was interrupted for too long, or took too long in all.',
    'UPLOAD_EXPIRED',
    'the upload was interrupted for too long',
  ],
  412: ['The version of the protocol is another one.', 'INVALID_REQUEST', 'Tus-Resumable must be 1.0.0'],
  413: [
    'The file is too large: `FILE_TOO_LARGE`. The piece is longer than what is left of it: `PAYLOAD_TOO_LARGE`.',
    'FILE_TOO_LARGE',
    'the file is larger than the 2147483648 bytes that are allowed',
  ],
  423: [
    'Another request works on the upload, or has taken over from this one; with Retry-After.',
    'UPLOAD_BUSY',
    'another request works on this upload',
  ],
  501: [
    'The protocol has it, but it is not supported here: `Upload-Defer-Length`, `Upload-Concat`.',
    'NOT_SUPPORTED',
    'creation-defer-length extension is not (yet) supported.',
  ],
};

/** Refusals before any content: of the token, of the address, and of what does not answer. */
const ALWAYS = [401, 412, 429, 503];
const CONTENT = [400, 403, 408, 413, 415, 507];

/** Adds the routes of resumable uploads, which live on Fastify itself, where Nest's scanner does not see them. */
export function describeTus(document: OpenAPIObject): void {
  document.paths['/api/video/tus'] = { options: OPTIONS, post: CREATE };
  document.paths['/api/video/tus/{id}'] = { head: HEAD, patch: PATCH, delete: DELETE, get: GET };
}

const OPTIONS: Operation = {
  operationId: 'tus_options',
  summary: 'What resumable uploads can do here',
  description: '[tus 1.0](https://tus.io/protocols/resumable-upload). Needs no token.',
  tags: TAGS,
  responses: {
    204: {
      description: 'By its headers.',
      headers: {
        'Tus-Version': { description: 'Versions of the protocol.', schema: STRING },
        'Tus-Extension': { description: 'creation, creation-with-upload, termination, expiration', schema: STRING },
        'Tus-Max-Size': { description: 'Bytes of the largest upload.', schema: INTEGER },
      },
    },
  },
};

const CREATE: Operation = {
  operationId: 'tus_create',
  summary: 'Begin a resumable upload',
  description:
    'Reserves the token: for 30 seconds, until a further request names the upload. With a body of the type ' +
    '`application/offset+octet-stream` the first piece, or all of it, comes at once.',
  tags: TAGS,
  security: SECURITY,
  parameters: [
    VERSION,
    parameter('Upload-Length', 'Bytes of the whole.', { type: 'integer', minimum: 1 }),
    parameter('Upload-Metadata', '`filename` and its base64; further pairs after commas are kept.', STRING, false),
    parameter(
      'Idempotency-Key',
      'The name of this upload, of your choosing. Repeated with the same token, a finished upload is told again.',
      { type: 'string', minLength: 1, maxLength: 255 },
      false,
    ),
  ],
  requestBody: { required: false, ...piece() },
  responses: {
    201: {
      description: 'It has begun. The body says more when it is stored already.',
      headers: {
        Location: LOCATION,
        'Upload-Offset': { ...OFFSET, description: 'Where a piece came with it: bytes that are safely there.' },
        'Upload-Expires': EXPIRES,
        'Idempotent-Replayed': {
          description: '`true` where it had been stored before.',
          schema: { type: 'string', enum: ['true'] },
        },
      },
      content: STORED,
    },
    ...refusals([...ALWAYS, ...CONTENT, 501]),
  },
};

const HEAD: Operation = {
  operationId: 'tus_look',
  summary: 'Where a resumable upload stands',
  description: 'The upload waits for its next piece from now on, and its token is held as long. Refusals have no body.',
  tags: TAGS,
  security: SECURITY,
  parameters: [UPLOAD_ID, VERSION],
  responses: {
    200: {
      description: 'By its headers; one that is stored stands at its length.',
      headers: { 'Upload-Offset': OFFSET, 'Upload-Length': LENGTH, 'Upload-Metadata': METADATA },
    },
    ...refusals([...ALWAYS, 404, 410, 423], false),
  },
};

const PATCH: Operation = {
  operationId: 'tus_write',
  summary: 'Add a piece to a resumable upload',
  description: 'Whatever breaks it off, what came until then is kept. With the last byte the file is stored.',
  tags: TAGS,
  security: SECURITY,
  parameters: [
    UPLOAD_ID,
    VERSION,
    parameter('Upload-Offset', 'Where the piece begins: where the upload stands.', INTEGER),
  ],
  requestBody: { required: true, ...piece() },
  responses: {
    200: {
      description: 'It was the last piece: the file is stored.',
      headers: { 'Upload-Offset': OFFSET },
      content: STORED,
    },
    204: { description: 'It is taken.', headers: { 'Upload-Offset': OFFSET, 'Upload-Expires': EXPIRES } },
    ...refusals([...ALWAYS, ...CONTENT, 404, 409, 410, 423]),
  },
};

const DELETE: Operation = {
  operationId: 'tus_terminate',
  summary: 'Give a resumable upload up',
  description: 'Nothing is left of it, and its token works again.',
  tags: TAGS,
  security: SECURITY,
  parameters: [UPLOAD_ID, VERSION],
  responses: { 204: { description: 'It is gone.' }, ...refusals([...ALWAYS, 404, 410, 423]) },
};

const GET: Operation = {
  operationId: 'tus_find',
  summary: 'The file that a resumable upload has become',
  description: 'For a client that lost the last answer; not of the protocol.',
  tags: TAGS,
  security: SECURITY,
  parameters: [UPLOAD_ID],
  responses: {
    200: { description: 'It is stored.', content: STORED },
    ...refusals([401, 404, 410, 423, 429, 503]),
  },
};

function parameter(name: string, description: string, schema: object, required = true): Parameter {
  return { name, in: 'header', required, description, schema };
}

function piece(): Pick<NonNullable<Extract<Operation['requestBody'], { content: unknown }>>, 'content'> {
  return { content: { 'application/offset+octet-stream': { schema: { type: 'string', format: 'binary' } } } };
}

function refusals(statuses: readonly number[], hasBody = true): Record<string, Response> {
  const known = [...statuses]
    .sort((a, b) => a - b)
    .flatMap((status) => {
      const refusal = REFUSALS[status];
      if (refusal === undefined) return [];
      return [[String(status), hasBody ? refusalResponse(refusal) : { description: refusal[0] }] as const];
    });
  return Object.fromEntries(known);
}
