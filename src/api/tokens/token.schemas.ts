import { MAX_SCOPES, TOKEN_PREFIX_PATTERN, type Token, tokenStatus } from '@tollgate/domain';
import { z } from 'zod';
import { instant, pageQuery, plainText, rateLimit, rateLimitView, scope } from '../http/fields';

const MAX_LIFETIME_SECONDS = 3_153_600_000;

const seconds = (max: number): z.ZodOptional<z.ZodNullable<z.ZodNumber>> =>
  z
    .number()
    .int('must be a whole number')
    .min(0, 'must not be negative')
    .max(max, 'must not be more than 100 years')
    .nullish();

const prefix = z
  .string()
  .max(12, 'must have at most 12 characters')
  .min(1, 'must have 1 to 12 characters')
  .regex(/^[a-z0-9_]*$/, 'must hold only lowercase letters, digits and underscores')
  .meta({ example: 'sk', pattern: TOKEN_PREFIX_PATTERN.source });

const scopes = z.array(scope).max(MAX_SCOPES, `must have at most ${String(MAX_SCOPES)} entries`);

export const createTokenBody = z
  .object({
    description: plainText(512).meta({ example: 'image resizer' }),
    scope: scopes.nullish(),
    expires_in_seconds: seconds(MAX_LIFETIME_SECONDS).meta({ example: 7_776_000, description: '0 or absent: never' }),
    expires_in: seconds(MAX_LIFETIME_SECONDS).meta({ description: 'Alias of expires_in_seconds.' }),
    expires_in_days: seconds(36_500).meta({ description: 'For older clients.' }),
    expires_at: instant.nullish().meta({ description: 'Instead of a lifetime.' }),
    prefix: prefix.nullish(),
    rate_limit: rateLimit.nullish(),
  })
  .meta({ id: 'CreateTokenRequest' });

export const setStatusBody = z
  .object({ is_active: z.boolean().meta({ example: false }) })
  .meta({ id: 'SetTokenStatusRequest' });

export const listTokensQuery = z.object({
  active_only: z.enum(['true', 'false', '1', '0'], 'must be true or false').optional().meta({ example: 'true' }),
  ...pageQuery,
});

/** Unknown fields are refused: this route is ours, no old client sends extras. */
export const updateTokenBody = z
  .strictObject({
    description: plainText(512).optional(),
    scope: scopes.optional(),
  })
  .refine((body) => body.description !== undefined || body.scope !== undefined, 'must change description or scope')
  .meta({ id: 'UpdateTokenRequest', example: { description: 'image resizer', scope: ['storage:read'] } });

export const tokenId = z.string().meta({ example: 'tk_4fJ8sQ2mZk1xWc9vB7nR0L' });
const accountId = z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' });
export const time = z.string().meta({ format: 'date-time', example: '2026-01-04T10:00:00.000Z' });
const masked = z.string().meta({ example: `sk-TG1aB3dE5fG7h${'*'.repeat(30)}kL9mN1pQ3rS5tU7vW9xY1zA3bC5` });
const limits = z
  .record(z.string(), z.number())
  .optional()
  .meta({ example: { requests_per_minute: 600 } });

export const createdToken = z
  .object({
    token_id: tokenId,
    token: z.string().meta({
      description: 'The value, shown this once.',
      example: 'sk-TG1j60uTsA8J1lp5TyWvRF8vk3ICNRFV2V0bke8HGmrYMPpTD6KGajdF4xvMFJk0PSoGP',
    }),
    account_id: accountId,
    description: z.string().meta({ example: 'image resizer' }),
    scope: z.array(z.string()).meta({ example: ['storage:read'] }),
    rate_limit: limits,
    created_at: time,
    expires_at: time.optional(),
    is_active: z.boolean().meta({ example: true }),
  })
  .meta({ id: 'CreatedToken' });

export const tokenListItem = z
  .object({
    token_id: tokenId,
    token_preview: masked,
    description: z.string().meta({ example: 'image resizer' }),
    scope: z.array(z.string()).meta({ example: ['storage:read'] }),
    rate_limit: limits,
    created_at: time,
    expires_at: time.optional(),
    is_active: z.boolean().meta({ example: true }),
    status: z.enum(['normal', 'expired', 'disabled']).meta({ example: 'normal' }),
    total_requests: z.number().meta({ example: 1_024 }),
    last_used_at: time.optional(),
  })
  .meta({ id: 'TokenListItem' });

export const tokenList = z
  .object({ account_id: accountId, tokens: z.array(tokenListItem), total: z.number().meta({ example: 1 }) })
  .meta({ id: 'TokenList' });

export const tokenDetail = tokenListItem.extend({ account_id: accountId, token: masked }).meta({ id: 'TokenDetail' });

export const tokenStatusChanged = z
  .object({
    message: z.string().meta({ example: 'Token status updated successfully' }),
    token_id: tokenId,
    is_active: z.boolean().meta({ example: true }),
    updated_at: time,
  })
  .meta({ id: 'TokenStatusChanged' });

export const tokenDeleted = z
  .object({ message: z.string().meta({ example: 'Token deleted successfully' }) })
  .meta({ id: 'TokenDeleted' });

/** Whether a list is asked to leave out tokens that do not work. */
export function isActiveOnly({ active_only: wish }: z.output<typeof listTokensQuery>): boolean {
  return wish === 'true' || wish === '1';
}

/** A token in a list. */
export function tokenItemView(token: Token, now: Date): z.output<typeof tokenListItem> {
  return {
    token_id: token.id,
    token_preview: token.preview,
    description: token.description,
    scope: [...token.scopes],
    ...(token.rateLimit === undefined ? {} : { rate_limit: rateLimitView(token.rateLimit) }),
    created_at: token.createdAt.toISOString(),
    ...(token.expiresAt === undefined ? {} : { expires_at: token.expiresAt.toISOString() }),
    is_active: token.isActive,
    status: tokenStatus(token, now),
    total_requests: token.totalRequests,
    ...(token.lastUsedAt === undefined ? {} : { last_used_at: token.lastUsedAt.toISOString() }),
  };
}

/** A token by itself; its value stays hidden. */
export function tokenDetailView(token: Token, now: Date): z.output<typeof tokenDetail> {
  return { ...tokenItemView(token, now), account_id: token.accountId, token: token.preview };
}
