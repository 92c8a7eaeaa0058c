import type { Account } from '@tollgate/client';
import type { Line } from './printer';
import { rateLimitText } from './rate-limit-text';

/** An account, for people. */
export function accountLines(account: Account): readonly Line[] {
  return [
    ['account', account.id],
    ['email', account.email],
    ['company', account.company],
    ['AccessKey', account.access_key],
    ['status', account.status],
    ['rate limit', rateLimitText(account.rate_limit)],
    ['Qiniu uid', account.qiniu_uid],
    ['created', account.created_at],
    ['updated', account.updated_at],
  ];
}
