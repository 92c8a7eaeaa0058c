import { hashToken, newBearerToken, newTokenId, previewToken, type Token } from '@tollgate/domain';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type Overrides, withoutUndefined } from './without-undefined';

/** An active, unused token without an end, with unique id and hash. */
export function buildToken(overrides: Overrides<Token> & { readonly accountId: string }): Token {
  const value = newBearerToken('sk');
  return withoutUndefined<Token>({
    id: newTokenId(),
    hash: hashToken(value),
    preview: previewToken(value),
    description: 'a token',
    scopes: ['storage:read'],
    isActive: true,
    createdAt: new Date(TEST_EPOCH_MS),
    updatedAt: new Date(TEST_EPOCH_MS),
    totalRequests: 0,
    ...overrides,
  });
}
