import { z } from 'zod';
import { pageQuery, plainText } from '../http/fields';
import { uploadTokenFields } from './upload-token-fields';
import type { FieldNames, NewUploadToken } from './upload-token-rules';
import { UPLOAD_TOKEN_STATES } from './upload-token-state';
import type { SeenUploadToken } from './upload-tokens.service';

/** Unknown fields are refused: an option that is misspelt would bind nothing. */
export const issueUploadTokenBody = z
  .strictObject({
    authKey: z.string().meta({ example: 'the administrator key', description: 'UPLOAD_AUTH_TOKEN.' }),
    maxSize: uploadTokenFields.maxBytes,
    allowedTypes: uploadTokenFields.allowedTypes,
    fileName: uploadTokenFields.fileName,
    fileNamePrefix: uploadTokenFields.fileNamePrefix,
    ownerLabel: uploadTokenFields.ownerLabel,
    callbackUrl: uploadTokenFields.callbackUrl,
    expiresIn: uploadTokenFields.lifetimeSeconds,
  })
  .meta({ id: 'IssueUploadTokenRequest' });

/** As {@link issueUploadTokenBody} calls them. */
export const FIELD_NAMES: FieldNames = {
  maxBytes: 'maxSize',
  allowedTypes: 'allowedTypes',
  fileNamePrefix: 'fileNamePrefix',
  callbackUrl: 'callbackUrl',
};

export const verifyUploadTokenBody = z
  .object({
    token: z
      .string()
      .nullish()
      .meta({ example: `ut-TG1${'a'.repeat(66)}` }),
  })
  .meta({ id: 'VerifyUploadTokenRequest' });

export const listUploadTokensQuery = z.strictObject({
  ...pageQuery,
  ownerLabel: plainText(128).optional().meta({ description: 'Only tokens with this label.' }),
});

const success = z.literal(true);
const tokenId = z.string().meta({ example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' });
const expiryTime = z.number().meta({ example: 1_767_524_400_000, description: 'Unix milliseconds.' });
const callbackSecret = z.string().optional().meta({
  example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  description: 'Signs what the callback is sent (Standard Webhooks); shown this once.',
});

export const issuedUploadToken = z
  .object({
    success,
    token: z.string().meta({ description: 'The value, shown this once.', example: `ut-TG1${'a'.repeat(66)}` }),
    expiryTime,
    validFor: z.string().meta({ example: '3600秒' }),
    message: z.string().meta({ example: '上传token获取成功' }),
    tokenId,
    callbackSecret,
  })
  .meta({ id: 'IssuedUploadToken' });

export const verifiedUploadToken = z
  .object({ success, valid: success, expiryTime })
  .meta({ id: 'VerifiedUploadToken' });

const uploadTokenItem = z
  .object({
    tokenId,
    preview: z.string().meta({ example: `ut-TG1aB3dE5fG7h${'*'.repeat(30)}kL9mN1pQ3rS5tU7vW9xY1zA3bC5` }),
    state: z.enum(UPLOAD_TOKEN_STATES).meta({ example: 'open' }),
    createdAt: z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' }),
    expiryTime,
    maxSize: z.number().optional(),
    allowedTypes: z.array(z.string()).optional(),
    fileName: z.string().optional(),
    fileNamePrefix: z.string().optional(),
    ownerLabel: z.string().optional(),
    callbackUrl: z.string().optional(),
    endedAt: z.string().optional().meta({ format: 'date-time', description: 'When it was used, refused or revoked.' }),
    fileId: z.string().optional().meta({ example: 'file_4fJ8sQ2mZk1xWc9vB7nR0L', description: 'Of a used one.' }),
  })
  .meta({ id: 'UploadToken' });

export const uploadTokenList = z
  .object({ success, tokens: z.array(uploadTokenItem), total: z.number().meta({ example: 1 }) })
  .meta({ id: 'UploadTokenList' });

export const revokedUploadToken = z.object({ success, token: uploadTokenItem }).meta({ id: 'RevokedUploadToken' });

/** What a body asks for. */
export function toNewUploadToken(body: z.output<typeof issueUploadTokenBody>): NewUploadToken {
  return {
    maxBytes: body.maxSize ?? undefined,
    allowedTypes: body.allowedTypes ?? undefined,
    fileName: body.fileName ?? undefined,
    fileNamePrefix: body.fileNamePrefix ?? undefined,
    ownerLabel: body.ownerLabel ?? undefined,
    callbackUrl: body.callbackUrl ?? undefined,
    lifetimeSeconds: body.expiresIn ?? undefined,
  };
}

export function uploadTokenItemView({ token, state }: SeenUploadToken): z.output<typeof uploadTokenItem> {
  const { options, end } = token;
  const { maxBytes, allowedTypes, fileName, fileNamePrefix, ownerLabel, callback } = options;
  return {
    tokenId: token.id,
    preview: token.preview,
    state,
    createdAt: token.createdAt.toISOString(),
    expiryTime: token.expiresAt.getTime(),
    ...(maxBytes === undefined ? {} : { maxSize: maxBytes }),
    ...(allowedTypes === undefined ? {} : { allowedTypes: [...allowedTypes] }),
    ...(fileName === undefined ? {} : { fileName }),
    ...(fileNamePrefix === undefined ? {} : { fileNamePrefix }),
    ...(ownerLabel === undefined ? {} : { ownerLabel }),
    ...(callback === undefined ? {} : { callbackUrl: callback.url }),
    ...(end === undefined ? {} : { endedAt: end.at.toISOString() }),
    ...(end?.fileId === undefined ? {} : { fileId: end.fileId }),
  };
}
