import { z } from 'zod';
import { accountDetail } from '../accounts/account.schemas';
import { listTokensQuery, tokenListItem } from '../tokens/token.schemas';
import { PRINTABLE, pageQuery, rateLimit } from '../http/fields';

const origin = z.enum(['local', 'directory']);

/** Unknown fields are refused: these routes are ours, no old client sends extras. */
export const listAccountsQuery = z.strictObject({
  status: z.enum(['active', 'suspended'], 'must be active or suspended').optional(),
  search: z
    .string()
    .min(1, 'must not be empty')
    .max(128, 'must have at most 128 characters')
    .regex(PRINTABLE, 'must not contain control characters or broken Unicode')
    .optional()
    .meta({ description: 'A part of id, email or company, or a whole AccessKey.' }),
  ...pageQuery,
});

export const operatorAccount = accountDetail.extend({ origin }).meta({ id: 'OperatorAccount' });

export const operatorAccountList = z
  .object({ accounts: z.array(operatorAccount), total: z.number(), limit: z.number(), offset: z.number() })
  .meta({ id: 'OperatorAccountList' });

export const setAccountStatusBody = z
  .strictObject({ status: z.enum(['active', 'suspended'], 'must be active or suspended') })
  .meta({ id: 'SetAccountStatusRequest' });

/** Of an account or a token. */
export const setRateLimitBody = z
  .strictObject({ rate_limit: rateLimit.nullable().meta({ description: 'null takes the limits away.' }) })
  .meta({ id: 'SetRateLimitRequest' });

export const operatorTokensQuery = z.strictObject(listTokensQuery.shape);

export const operatorTokenList = z
  .object({
    account_id: z.string().meta({ example: 'acc_4fJ8sQ2mZk1xWc9vB7nR0L' }),
    tokens: z.array(tokenListItem),
    total: z.number(),
    limit: z.number(),
    offset: z.number(),
  })
  .meta({ id: 'OperatorTokenList' });
