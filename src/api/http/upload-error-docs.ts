import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { UploadError, type UploadErrorCode } from '../uploads/upload-error';

const uploadErrorSchema = z
  .object({
    success: z.literal(false),
    code: z.string().meta({ description: 'For programs; the examples list those of this route.' }),
    error: z.string().meta({ description: 'For people.' }),
    requestId: z.string().optional().meta({ description: 'On unexpected faults only.' }),
  })
  .meta({ id: 'UploadError' });

/** The house's own refusals, as routes of uploads answer them. */
const HOUSE_STATUS = {
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  ACCOUNT_SUSPENDED: 403,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  UNAVAILABLE: 503,
} as const;

type HouseCode = keyof typeof HOUSE_STATUS;
type DocumentedCode = UploadErrorCode | HouseCode;

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is malformed or a field is wrong.',
  401: 'Not authenticated, or the upload token does not work.',
  403: 'Not allowed.',
  404: "There is none, or it is somebody else's.",
  408: 'Too slow.',
  413: 'Too large.',
  415: 'Not of a type that is taken.',
  429: 'Too many requests; see Retry-After.',
  503: 'Not at the moment; see Retry-After.',
  507: 'The storage has no room.',
};

/** What an example says; of the others the code says enough. */
const TEXTS: Partial<Readonly<Record<DocumentedCode, string>>> = {
  INVALID_REQUEST: 'maxSize: must be a whole number',
  UNAUTHENTICATED: 'an administrator key is required',
  MISSING_UPLOAD_TOKEN: 'an upload token is required',
  INVALID_UPLOAD_TOKEN: 'the upload token is not valid',
  TOKEN_EXPIRED: 'the upload token has expired',
  TOKEN_ALREADY_USED: 'the upload token has been used',
  INVALID_AUTH_KEY: "this is not the administrator's key",
  RATE_LIMITED: 'too many requests from this address',
};

/** Documents the error answers of a route below `/api/video/`, by their codes. */
export function ApiUploadErrors(...codes: readonly DocumentedCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, DocumentedCode[]>();
  for (const code of codes) {
    const status = statusOf(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, alike]) =>
      ApiResponse({
        status,
        description: DESCRIPTIONS[status] ?? 'Error',
        standardSchema: uploadErrorSchema,
        examples: Object.fromEntries(alike.map((code) => [code, { summary: code, value: exampleOf(code) }])),
      }),
    ),
  );
}

function statusOf(code: DocumentedCode): number {
  return isHouseCode(code) ? HOUSE_STATUS[code] : new UploadError(code, '').status;
}

function isHouseCode(code: DocumentedCode): code is HouseCode {
  return Object.hasOwn(HOUSE_STATUS, code);
}

function exampleOf(code: DocumentedCode): z.output<typeof uploadErrorSchema> {
  return { success: false, code, error: TEXTS[code] ?? code.toLowerCase().replaceAll('_', ' ') };
}
