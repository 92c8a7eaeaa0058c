import type { Account } from '@tollgate/domain';
import { MAX_PASSWORD_BYTES } from '@tollgate/auth';
import { z } from 'zod';
import { plainText, rateLimitView } from '../http/fields';
import { validationLogDetail, validationLogView } from './validation-log.schemas';

const EMAIL = /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@.\p{Cc}\p{Cs}]+(?:\.[^\s@.\p{Cc}\p{Cs}]+)*$/u;

export const registerBody = z
  .object({
    email: z
      .string()
      .max(254, 'must have at most 254 characters')
      .regex(EMAIL, 'must be an email address')
      .transform((email) => email.toLowerCase())
      .meta({ example: 'ops@example.com' }),
    company: plainText(200).meta({ example: 'Example Ltd' }),
    password: z
      .string()
      .min(8, 'must have at least 8 characters')
      .regex(/^[^\0\p{Cs}]*$/u, 'must not contain NUL or broken Unicode')
      .refine(
        (password) => Buffer.byteLength(password) <= MAX_PASSWORD_BYTES,
        `must have at most ${String(MAX_PASSWORD_BYTES)} bytes`,
      )
      .meta({ example: 'correct horse battery staple', format: 'password' }),
  })
  .meta({ id: 'RegisterRequest' });

const timestamp = z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' });
const accountId = z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' });
const accessKey = z.string().meta({ example: 'AK_0123456789abcdef0123456789abcdef' });
const secretKey = z.string().meta({
  description: 'Shown this once, never again.',
  example: `SK_${'0123456789abcdef'.repeat(4)}`,
});
const limits = z
  .object({
    requests_per_minute: z.number().optional().meta({ example: 600 }),
    requests_per_hour: z.number().optional().meta({ example: 10000 }),
    requests_per_day: z.number().optional().meta({ example: 100000 }),
  })
  .meta({ id: 'RateLimit' });

export const registeredAccount = z
  .object({
    account_id: accountId,
    email: z.string().meta({ example: 'ops@example.com' }),
    company: z.string().meta({ example: 'Example Ltd' }),
    access_key: accessKey,
    secret_key: secretKey,
    created_at: timestamp,
  })
  .meta({ id: 'RegisteredAccount' });

export const regeneratedSecret = z
  .object({ access_key: accessKey, secret_key: secretKey, updated_at: timestamp })
  .meta({ id: 'RegeneratedSecret' });

export const accountDetail = z
  .object({
    id: accountId,
    email: z.string().meta({ example: 'ops@example.com' }),
    company: z.string().meta({ example: 'Example Ltd' }),
    access_key: z
      .string()
      .meta({ example: 'AK_0123456789abcdef0123456789abcdef', description: 'Empty where the account has none.' }),
    status: z.enum(['active', 'suspended']).meta({ example: 'active' }),
    rate_limit: limits.optional(),
    validation_log: validationLogDetail.optional(),
    qiniu_uid: z.number().optional().meta({ example: 1_380_000_001 }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Account' });

/**
 * An account as its owner and operators see it: never a secret.
 * @param accessKey of an account whose credentials are kept elsewhere
 */
export function accountView(account: Account, accessKey = ''): z.output<typeof accountDetail> {
  return {
    id: account.id,
    email: account.email ?? '',
    company: account.company,
    access_key: account.credentials?.accessKey ?? accessKey,
    status: account.status,
    ...(account.rateLimit === undefined ? {} : { rate_limit: rateLimitView(account.rateLimit) }),
    ...(account.validationLog === undefined ? {} : { validation_log: validationLogView(account.validationLog) }),
    ...(account.qiniuUid === undefined ? {} : { qiniu_uid: account.qiniuUid }),
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  };
}
