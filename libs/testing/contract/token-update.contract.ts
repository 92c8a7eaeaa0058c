import { type AuditRecord, newAccountId, type Token, type TokenChanges } from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildToken } from '../factories/build-token';
import { TEST_EPOCH_MS } from '../fake-clock';
import { auditTrail, type StoreUnderTest } from './store-under-test';

const LATER = new Date(TEST_EPOCH_MS + 60_000);

/** Part of the TokenRepository suite: what an account may change of a token. */
export function tokenUpdateContract(store: () => StoreUnderTest): void {
  const auditOf = ({ accountId, id }: Token): AuditRecord =>
    buildAuditRecord({ accountId, action: 'update_token', resourceId: id, timestamp: LATER });

  async function stored(overrides: Partial<Token> = {}): Promise<Token> {
    const token = buildToken({ accountId: newAccountId(), ...overrides });
    await store().tokens.insert(token, buildAuditRecord({ accountId: token.accountId, resourceId: token.id }));
    return token;
  }

  const found = async ({ accountId, id }: Token): Promise<Token | undefined> => store().tokens.findById(accountId, id);

  describe('update', () => {
    it.each<[string, TokenChanges]>([
      ['the description', { description: `it's "ünïcode" 🔑 \\ %_` }],
      ['an empty description', { description: '' }],
      ['the scopes', { scopes: ['a:b', '*'] }],
      ['no scope at all', { scopes: [] }],
      ['the limits', { rateLimit: { requestsPerHour: 7 } }],
      ['all of them', { description: 'new', scopes: ['x:*'], rateLimit: { requestsPerMinute: 0, requestsPerDay: 1 } }],
      ['nothing', {}],
    ])('changes %s and leaves the rest, answers the token as changed and audits', async (_what, changes) => {
      const token = await stored({
        rateLimit: { requestsPerMinute: 1, requestsPerDay: 2 },
        subAccount: { iuid: '7' },
        expiresAt: LATER,
        totalRequests: 5,
        lastUsedAt: LATER,
      });
      const audit = auditOf(token);

      const changed = await store().tokens.update(token.accountId, token.id, changes, LATER, audit);

      expect(changed).toStrictEqual({ ...token, ...changes, updatedAt: LATER });
      expect(await found(token)).toStrictEqual(changed);
      expect(await auditTrail(store(), token.accountId, { action: 'update_token' })).toStrictEqual([audit]);
    });

    it('takes the limits away for null', async () => {
      const plain = buildToken({ accountId: newAccountId() });
      await stored({ ...plain, rateLimit: { requestsPerMinute: 1 } });

      const changes = { rateLimit: null };
      const changed = await store().tokens.update(plain.accountId, plain.id, changes, LATER, auditOf(plain));

      expect(changed).toStrictEqual({ ...plain, updatedAt: LATER });
      expect(await found(plain)).toStrictEqual(changed);
    });

    it('keeps each of two changes that come at once', async () => {
      const token = await stored();
      const { accountId, id } = token;
      await Promise.all([
        store().tokens.update(accountId, id, { description: 'new' }, LATER, auditOf(token)),
        store().tokens.update(accountId, id, { scopes: ['x:y'] }, LATER, auditOf(token)),
        store().tokens.setActive(accountId, id, false, LATER, auditOf(token)),
      ]);

      expect(await found(token)).toStrictEqual({
        ...token,
        description: 'new',
        scopes: ['x:y'],
        isActive: false,
        updatedAt: LATER,
      });
    });
  });
}
