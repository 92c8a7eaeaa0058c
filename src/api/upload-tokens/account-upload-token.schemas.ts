import { z } from 'zod';
import { pageQuery, plainText } from '../http/fields';
import { uploadTokenFields } from './upload-token-fields';
import type { FieldNames, NewUploadToken } from './upload-token-rules';
import { UPLOAD_TOKEN_STATES } from './upload-token-state';
import type { SeenUploadToken } from './upload-tokens.service';

/** Unknown fields are refused: an option that is misspelt would bind nothing. */
export const createUploadTokenBody = z
  .strictObject({
    max_bytes: uploadTokenFields.maxBytes,
    allowed_types: uploadTokenFields.allowedTypes,
    file_name: uploadTokenFields.fileName,
    file_name_prefix: uploadTokenFields.fileNamePrefix,
    owner_label: uploadTokenFields.ownerLabel,
    callback_url: uploadTokenFields.callbackUrl,
    expires_in_seconds: uploadTokenFields.lifetimeSeconds,
  })
  .meta({ id: 'CreateUploadTokenRequest' });

/** A body may be left out: it asks for nothing then. */
export const optionalUploadTokenBody = createUploadTokenBody.optional();

/** As {@link createUploadTokenBody} calls them. */
export const ACCOUNT_FIELD_NAMES: FieldNames = {
  maxBytes: 'max_bytes',
  allowedTypes: 'allowed_types',
  fileNamePrefix: 'file_name_prefix',
  callbackUrl: 'callback_url',
};

export const accountUploadTokensQuery = z.strictObject({
  ...pageQuery,
  owner_label: plainText(128).optional().meta({ description: 'Only tokens with this label.' }),
});

export const operatorUploadTokensQuery = accountUploadTokensQuery.extend({
  account_id: z
    .string()
    .regex(/^@?[A-Za-z0-9_-]{1,64}$/, 'must be the id of an account, or @upload-admin')
    .optional()
    .meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
});

const time = z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' });

export const accountUploadToken = z
  .object({
    token_id: z.string().meta({ example: 'ut_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    account_id: z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    token_preview: z.string().meta({ example: `ut-TG1aB3dE5fG7h${'*'.repeat(30)}kL9mN1pQ3rS5tU7vW9xY1zA3bC5` }),
    state: z.enum(UPLOAD_TOKEN_STATES).meta({ example: 'open' }),
    max_bytes: z.number().optional(),
    allowed_types: z.array(z.string()).optional(),
    file_name: z.string().optional(),
    file_name_prefix: z.string().optional(),
    owner_label: z.string().optional(),
    callback_url: z.string().optional(),
    iuid: z.string().optional().meta({ description: 'The sub-account that issued it.' }),
    created_at: time,
    expires_at: time,
    ended_at: time.optional().meta({ description: 'When it was used, refused or revoked.' }),
    file_id: z.string().optional().meta({ example: 'file_4fJ8sQ2mZk1xWc9vB7nR0L', description: 'Of a used one.' }),
  })
  .meta({ id: 'AccountUploadToken' });

export const createdUploadToken = accountUploadToken
  .extend({
    token: z.string().meta({ description: 'The value, shown this once.', example: `ut-TG1${'a'.repeat(66)}` }),
    callback_secret: z.string().optional().meta({
      example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
      description: 'Signs what the callback is sent (Standard Webhooks); shown this once.',
    }),
  })
  .meta({ id: 'CreatedUploadToken' });

export const accountUploadTokenList = z
  .object({
    upload_tokens: z.array(accountUploadToken),
    total: z.number().meta({ example: 1 }),
    limit: z.number().meta({ example: 50 }),
    offset: z.number().meta({ example: 0 }),
  })
  .meta({ id: 'AccountUploadTokenList' });

/** What a body asks for. */
export function toNewAccountToken(body: z.output<typeof optionalUploadTokenBody>): NewUploadToken {
  return {
    maxBytes: body?.max_bytes ?? undefined,
    allowedTypes: body?.allowed_types ?? undefined,
    fileName: body?.file_name ?? undefined,
    fileNamePrefix: body?.file_name_prefix ?? undefined,
    ownerLabel: body?.owner_label ?? undefined,
    callbackUrl: body?.callback_url ?? undefined,
    lifetimeSeconds: body?.expires_in_seconds ?? undefined,
  };
}

export function accountUploadTokenView({ token, state }: SeenUploadToken): z.output<typeof accountUploadToken> {
  const { options, end, iuid } = token;
  const { maxBytes, allowedTypes, fileName, fileNamePrefix, ownerLabel, callback } = options;
  return {
    token_id: token.id,
    account_id: token.accountId,
    token_preview: token.preview,
    state,
    ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    ...(allowedTypes === undefined ? {} : { allowed_types: [...allowedTypes] }),
    ...(fileName === undefined ? {} : { file_name: fileName }),
    ...(fileNamePrefix === undefined ? {} : { file_name_prefix: fileNamePrefix }),
    ...(ownerLabel === undefined ? {} : { owner_label: ownerLabel }),
    ...(callback === undefined ? {} : { callback_url: callback.url }),
    ...(iuid === undefined ? {} : { iuid }),
    created_at: token.createdAt.toISOString(),
    expires_at: token.expiresAt.toISOString(),
    ...(end === undefined ? {} : { ended_at: end.at.toISOString() }),
    ...(end?.fileId === undefined ? {} : { file_id: end.fileId }),
  };
}
