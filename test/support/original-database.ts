import { randomBytes } from 'node:crypto';
import { mongo } from 'mongoose';

/** 64 hex, as the original makes its secrets and tokens. */
export const originalSecret = (): string => randomBytes(32).toString('hex');

/** An account as the original stores it: plain hex id and AccessKey, SecretKey in plaintext. */
export function originalAccount(overrides: Readonly<Record<string, unknown>> = {}): OriginalDocument {
  const id = randomBytes(12).toString('hex');
  return {
    _id: id,
    email: `user-${id}@example.com`,
    company: 'Old Ltd',
    password_hash: `$2a$10$${'N'.repeat(53)}`,
    access_key: randomBytes(16).toString('hex'),
    secret_key: originalSecret(),
    status: 'active',
    created_at: new Date('2025-03-01T08:00:00Z'),
    updated_at: new Date('2025-03-02T08:00:00Z'),
    ...overrides,
  };
}

/** A token as the original stores it, its value in plaintext. */
export function originalToken(accountId: unknown, overrides: Readonly<Record<string, unknown>> = {}): OriginalDocument {
  return {
    _id: new mongo.ObjectId(),
    token_id: `tk_${randomBytes(8).toString('hex')}`,
    account_id: accountId,
    token: `sk-${originalSecret()}`,
    description: 'an old token',
    scope: ['storage:read'],
    created_at: new Date('2025-03-01T09:00:00Z'),
    is_active: true,
    total_requests: 0,
    ...overrides,
  };
}

/** An audit record as the original stores it. */
export function originalAudit(accountId: unknown, overrides: Readonly<Record<string, unknown>> = {}): OriginalDocument {
  return {
    _id: new mongo.ObjectId(),
    account_id: accountId,
    action: 'create_token',
    resource_id: 'tk_1',
    ip: '192.0.2.9',
    user_agent: 'old-client/1.0',
    result: 'success',
    timestamp: new Date('2025-12-24T09:00:00Z'),
    ...overrides,
  };
}

export type OriginalDocument = Record<string, unknown>;

/** Writes documents as they are, past every schema. */
export async function fillOriginal(
  database: mongo.Db,
  content: Readonly<Partial<Record<'accounts' | 'tokens' | 'audit_logs', readonly OriginalDocument[]>>>,
): Promise<void> {
  for (const [collection, documents] of Object.entries(content)) {
    if (documents.length > 0) await database.collection(collection).insertMany([...documents]);
  }
}
