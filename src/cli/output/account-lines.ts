import type { Account, ValidationLog } from '@tollgate/client';
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
    ['validation log', account.validation_log && validationLogText(account.validation_log)],
    ['Qiniu uid', account.qiniu_uid],
    ['created', account.created_at],
    ['updated', account.updated_at],
  ];
}

/** `on, kept for 7 days` or `off`. */
export function validationLogText({ enabled, retention_days: days = 0 }: ValidationLog): string {
  return enabled ? `on, kept for ${String(days)} ${days === 1 ? 'day' : 'days'}` : 'off';
}
