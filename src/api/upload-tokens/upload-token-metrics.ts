import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsService } from '../metrics/metrics.service';
import { ReadMetric, byLabel } from '@tollgate/observability';

/** How a look at a token ended: `valid`, or what was wrong with it. */
const RESULTS = {
  valid: 'valid',
  MISSING_UPLOAD_TOKEN: 'missing',
  INVALID_UPLOAD_TOKEN: 'invalid',
  TOKEN_EXPIRED: 'expired',
  TOKEN_ALREADY_USED: 'used',
  RATE_LIMITED: 'throttled',
} as const;

type Result = keyof typeof RESULTS;

/** Counts upload tokens, since the process started. */
@Injectable()
export class UploadTokenMetrics implements OnModuleInit {
  private readonly issued = { administrator: 0, account: 0 };
  private readonly verified = { valid: 0, missing: 0, invalid: 0, expired: 0, used: 0, throttled: 0 };

  constructor(private readonly metrics: MetricsService) {}

  onModuleInit(): void {
    this.metrics.add(
      ReadMetric.counter('tollgate_upload_tokens_issued_total', 'Upload tokens issued, by who asked for them.', () =>
        byLabel('issuer', this.issued),
      ),
      ReadMetric.counter('tollgate_upload_token_checks_total', 'Upload tokens verified without use, by result.', () =>
        byLabel('result', this.verified),
      ),
    );
  }

  countIssued(issuer: 'administrator' | 'account'): void {
    this.issued[issuer] += 1;
  }

  /** @param result `valid`, or the code of a refusal; others are no look at a token and do not count */
  countVerified(result: string): void {
    if (Object.hasOwn(RESULTS, result)) this.verified[RESULTS[result as Result]] += 1;
  }
}
