import type { OpenAPIObject } from '@nestjs/swagger';

type Responses = NonNullable<OpenAPIObject['paths'][string]['post']>['responses'];
type Response = NonNullable<Responses[string]>;

/** What a stored upload is answered with. */
export const UPLOAD_EXAMPLE = {
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

/** What a refusal may be, the code of one of them, and its text. */
export type UploadRefusal = readonly [description: string, code: string, error: string];

/** Refusals of uploads by their status. */
export const UPLOAD_REFUSALS: Readonly<Record<number, UploadRefusal>> = {
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
  423: [
    'The same upload, stored before, comes in again already; see Retry-After.',
    'UPLOAD_BUSY',
    'the same upload comes in already',
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

/** Of {@link UPLOAD_EXAMPLE}. */
export function uploadSchema(): { type: string; required: string[]; properties: Record<string, { type: string }> } {
  const properties = Object.fromEntries(
    Object.entries(UPLOAD_EXAMPLE).map(([name, value]) => [name, { type: typeOf(value) }]),
  );
  const optional = ['ownerLabel', 'tokenId'];
  return {
    type: 'object',
    required: Object.keys(UPLOAD_EXAMPLE).filter((name) => !optional.includes(name)),
    properties,
  };
}

function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'integer' : typeof value;
}

/** The answer to one. */
export function refusalResponse([description, code, error]: UploadRefusal): Response {
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
