import { randomHex, type ValidationRecord } from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';

const DAY_MS = 86_400_000;

/** A granted validation with a unique record id, kept for a day. */
export function buildValidationRecord(
  overrides: Partial<ValidationRecord> & Pick<ValidationRecord, 'accountId' | 'tokenId'>,
): ValidationRecord {
  return {
    id: `val_${randomHex(11)}`,
    at: new Date(TEST_EPOCH_MS),
    result: 'valid',
    scopes: ['storage:read'],
    ip: '192.0.2.1',
    userAgent: 'contract-suite/1.0',
    purgeAt: new Date(TEST_EPOCH_MS + DAY_MS),
    ...overrides,
  };
}
