import { type Account, newAccessKey, newAccountId, randomHex } from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type Overrides, withoutUndefined } from './without-undefined';

/** An active local account with unique id, email and AccessKey; its secrets are placeholders that open nothing. */
export function buildAccount(overrides: Overrides<Account> = {}): Account {
  return withoutUndefined<Account>({
    id: newAccountId(),
    email: `owner-${randomHex(8)}@example.com`,
    company: 'Example Ltd',
    passwordHash: '$2b$04$passwordpasswordpasswordpasswordpasswordpasswordpassw',
    credentials: buildCredentials(),
    status: 'active',
    origin: 'local',
    createdAt: new Date(TEST_EPOCH_MS),
    updatedAt: new Date(TEST_EPOCH_MS),
    ...overrides,
  });
}

/** Credentials with a unique AccessKey, sealed under `keyId`. */
export function buildCredentials(keyId = 'k1'): NonNullable<Account['credentials']> {
  return {
    accessKey: newAccessKey(),
    secretSealed: { keyId, envelope: `v1.${keyId}.${randomHex(12)}.${randomHex(32)}` },
    secretHash: '$2b$04$secretsecretsecretsecretsecretsecretsecretsecretsec',
  };
}
