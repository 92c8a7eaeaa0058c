import { newAccountId } from '@tollgate/domain';
import {
  limitKeyOf,
  newTunnelTokenId,
  newTunnelTokenValue,
  type TunnelToken,
  type TunnelTokenDocument,
} from '@tollgate/tunnel-tokens';
import { TEST_EPOCH_MS } from '../fake-clock';
import { buildTunnelTokenDocument, type TunnelTokensSetup, useTunnelTokens } from './tunnel-tokens-under-test';

const ROTATED_AT = new Date(TEST_EPOCH_MS + 1_000);
const OVERLAP_UNTIL = new Date(TEST_EPOCH_MS + 3_600_000);
const PAGE = { limit: 100, offset: 0 };

/**
 * What every driver of the repository must pass.
 * @param name the driver, for the names of the cases
 */
export function tunnelTokenRepositoryContract(name: string, setup: TunnelTokensSetup): void {
  describe(`${name}: TunnelTokenRepository`, () => {
    const opened = useTunnelTokens(setup);
    const tokens = () => opened().repository;

    async function stored(overrides: TunnelTokenDocument = {}): Promise<TunnelToken> {
      return tokens().insert(buildTunnelTokenDocument(overrides));
    }

    it('keeps every field, also those that it does not know, and finds the token by its id', async () => {
      const accountId = newAccountId();
      const document = buildTunnelTokenDocument({
        accountId,
        allowPorts: [{ start: 7000, end: 7010 }, { single: 22 }],
        bandwidthLimit: '1.5MB',
        description: 'ünïcode 🔑',
        theirs: { nested: [1, null] },
      });
      const inserted = await tokens().insert(document);

      expect(inserted).toMatchObject({ accountId, bandwidthLimitBytes: 1_572_864, enabled: true });
      const found = await tokens().findById(accountId, inserted.id);
      expect(found).toStrictEqual(inserted);
      expect(found?.document).toStrictEqual(document);
      expect(await tokens().findByIdAcrossAccounts(inserted.id)).toStrictEqual(inserted);
      expect(opened().source.tokens.get(document.token)).toStrictEqual(inserted);
    });

    it('refuses a taken value and a taken id, and leaves what is there', async () => {
      const taken = await stored({ description: 'first' });
      await expect(stored({ token: taken.token })).rejects.toMatchObject({ name: 'DuplicateError', field: 'token' });
      await expect(stored({ id: taken.id })).rejects.toMatchObject({ name: 'DuplicateError', field: 'id' });
      expect(await tokens().findByIdAcrossAccounts(taken.id)).toStrictEqual(taken);
    });

    it('lets exactly one of several that insert the same value at once through', async () => {
      const token = newTunnelTokenValue();
      const tries = await Promise.allSettled(Array.from({ length: 10 }, () => stored({ token })));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it.each([
      [{ allowPorts: [{ start: 9, end: 1 }] }, /^allowPorts /],
      [{ bandwidthLimit: '10 MB' }, /^bandwidthLimit /],
      [{ enabled: 'yes' }, /^enabled /],
      [{ maxClients: -1 }, /^maxClients /],
    ])('refuses %j, naming the field', async (wrong, message) => {
      const refusal = { code: 'invalid_request', message: expect.stringMatching(message) as string };
      await expect(stored(wrong)).rejects.toMatchObject(refusal);
      const token = await stored();
      await expect(tokens().updateAcrossAccounts(token.id, wrong)).rejects.toMatchObject(refusal);
      expect(await tokens().findByIdAcrossAccounts(token.id)).toStrictEqual(token);
    });

    it('changes what is named, takes away what is null, and keeps the rest', async () => {
      const accountId = newAccountId();
      const token = await stored({ accountId, description: 'old', maxClients: 3, theirs: 'kept' });
      const changed = await tokens().update(accountId, token.id, { description: 'new', maxClients: null, maxPorts: 7 });

      expect(changed).toMatchObject({ id: token.id, description: 'new', maxPorts: 7 });
      expect(changed?.document).toMatchObject({ theirs: 'kept' });
      expect(changed).not.toHaveProperty('maxClients');
      expect(await tokens().findById(accountId, token.id)).toStrictEqual(changed);
    });

    it('loses no change of several that are made at once, through two processes', async () => {
      const another = await opened().openAnother();
      await another.source.start();
      const token = await stored();
      const changes = [{ description: 'd' }, { maxClients: 1 }, { maxPorts: 2 }, { maxConnections: 3 }];
      await Promise.all(
        changes.map(async (change, index) =>
          (index % 2 === 0 ? tokens() : another.repository).updateAcrossAccounts(token.id, change),
        ),
      );
      const expected = { description: 'd', maxClients: 1, maxPorts: 2, maxConnections: 3 };
      expect(await tokens().findByIdAcrossAccounts(token.id)).toMatchObject(expected);
      expect(await another.repository.findByIdAcrossAccounts(token.id)).toMatchObject(expected);
      await another.source.close();
    });

    it('finds at once what another process has just inserted, and not what it has just deleted', async () => {
      const another = await opened().openAnother();
      await another.source.start();
      for (let round = 0; round < 20; round += 1) {
        const token = await stored();
        expect(await another.repository.findByIdAcrossAccounts(token.id)).toStrictEqual(token);
        expect(await another.repository.deleteAcrossAccounts(token.id)).toBe(true);
        expect(await tokens().findByIdAcrossAccounts(token.id)).toBeUndefined();
      }
      await another.source.close();
    });

    it('tells exactly one of several that delete at once', async () => {
      const accountId = newAccountId();
      const { id, token } = await stored({ accountId });
      const told = await Promise.all(Array.from({ length: 10 }, async () => tokens().delete(accountId, id)));
      expect(told.filter(Boolean)).toHaveLength(1);
      expect(opened().source.tokens.has(token)).toBe(false);
    });

    it('lists what is of an account, newest first, a page at a time', async () => {
      const accountId = newAccountId();
      const ids: string[] = [];
      for (const [age, description] of ['one', 'two', 'Three'].entries()) {
        const createdAt = new Date(TEST_EPOCH_MS - age).toISOString();
        ids.push((await stored({ accountId, createdAt, description })).id);
      }
      const stranger = await stored({ accountId: newAccountId() });

      const all = await tokens().list(accountId, {}, PAGE);
      expect(all).toMatchObject({ total: 3, items: ids.map((id) => ({ id })) });
      const second = await tokens().list(accountId, {}, { limit: 1, offset: 1 });
      expect(second).toMatchObject({ total: 3, items: [{ id: ids[1] }] });
      expect(await tokens().list(accountId, { search: 'thr' }, PAGE)).toMatchObject({
        total: 1,
        items: [{ id: ids[2] }],
      });
      const across = await tokens().listAcrossAccounts({}, { limit: 1_000, offset: 0 });
      expect(across.items.map(({ id }) => id)).toEqual(expect.arrayContaining([...ids, stranger.id]));
    });

    it(`answers another account's token, and one of no account, exactly like one that does not exist`, async () => {
      const owned = await stored({ accountId: newAccountId() });
      const byHand = await stored({ id: undefined });
      const stranger = newAccountId();
      for (const id of [owned.id, byHand.id, newTunnelTokenId(), `' OR '1'='1`]) {
        expect(await tokens().findById(stranger, id)).toBeUndefined();
        expect(await tokens().update(stranger, id, { description: 'taken over' })).toBeUndefined();
        expect(await tokens().delete(stranger, id)).toBe(false);
        const rotation = {
          token: newTunnelTokenValue(),
          id: newTunnelTokenId(),
          at: ROTATED_AT,
          overlapUntil: OVERLAP_UNTIL,
        };
        expect(await tokens().rotate(stranger, id, rotation)).toBeUndefined();
        expect(opened().source.tokens.has(rotation.token)).toBe(false);
      }
      expect(await tokens().list(stranger, {}, PAGE)).toEqual({ items: [], total: 0 });
      expect(await tokens().findByIdAcrossAccounts(owned.id)).toStrictEqual(owned);
      expect(await tokens().findByIdAcrossAccounts(byHand.id)).toStrictEqual(byHand);
    });

    it('rotates: a new token with the settings of the old, which ends after the overlap and is not rotated again', async () => {
      const accountId = newAccountId();
      const old = await stored({ accountId, description: 'web', maxPorts: 2, theirs: 1 });
      const rotation = {
        token: newTunnelTokenValue(),
        id: newTunnelTokenId(),
        at: ROTATED_AT,
        overlapUntil: OVERLAP_UNTIL,
      };
      const rotated = await tokens().rotate(accountId, old.id, rotation);

      expect(rotated).toMatchObject({
        fresh: {
          id: rotation.id,
          token: rotation.token,
          accountId,
          maxPorts: 2,
          createdAt: ROTATED_AT,
          supersedes: old.id,
        },
        retiring: { id: old.id, token: old.token, expiresAt: OVERLAP_UNTIL, supersededBy: rotation.id },
      });
      expect(rotated?.fresh).not.toHaveProperty('expiresAt');
      expect(rotated?.fresh.document).toMatchObject({ theirs: 1 });
      expect(opened().source.tokens.get(old.token)).toStrictEqual(rotated?.retiring);
      expect(opened().source.tokens.get(rotation.token)).toStrictEqual(rotated?.fresh);
      const again = { ...rotation, token: newTunnelTokenValue(), id: newTunnelTokenId() };
      await expect(tokens().rotate(accountId, old.id, again)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('has the limits of a token counted by the same key through all its rotations, also when those before are deleted', async () => {
      const old = await stored();
      let latest = old;
      for (let count = 0; count < 3; count += 1) {
        const rotation = {
          token: newTunnelTokenValue(),
          id: newTunnelTokenId(),
          at: ROTATED_AT,
          overlapUntil: OVERLAP_UNTIL,
        };
        const rotated = await tokens().rotateAcrossAccounts(latest.id, rotation);
        expect(rotated?.fresh.rootId).toBe(old.id);
        expect([rotated?.fresh, rotated?.retiring].map((token) => token && limitKeyOf(token))).toEqual([
          old.id,
          old.id,
        ]);
        await tokens().deleteAcrossAccounts(latest.id);
        latest = rotated?.fresh ?? latest;
      }
      expect(await tokens().findByIdAcrossAccounts(latest.id)).toMatchObject({ rootId: old.id });
    });

    it('does neither half of a rotation to a value that is taken, nor puts off an end that comes sooner', async () => {
      const soon = new Date(TEST_EPOCH_MS + 60_000);
      const old = await stored({ expiresAt: soon.toISOString() });
      const taken = await stored();
      const rotation = { token: taken.token, id: newTunnelTokenId(), at: ROTATED_AT, overlapUntil: OVERLAP_UNTIL };
      await expect(tokens().rotateAcrossAccounts(old.id, rotation)).rejects.toMatchObject({ field: 'token' });
      expect(await tokens().findByIdAcrossAccounts(old.id)).toStrictEqual(old);

      const rotated = await tokens().rotateAcrossAccounts(old.id, { ...rotation, token: newTunnelTokenValue() });
      expect(rotated?.retiring.expiresAt).toEqual(soon);
      expect(rotated?.fresh.expiresAt).toEqual(soon);
    });

    it('suspends every token of an account and no other, also when a value of it was broken by hand', async () => {
      const accountId = newAccountId();
      const [first, second] = [await stored({ accountId }), await stored({ accountId })];
      const stranger = await stored({ accountId: newAccountId() });
      await opened().putByHand({ [second.token]: 'broken' });

      expect(await tokens().setSuspended(accountId, true)).toBe(2);
      const { source } = opened();
      expect([first, second, stranger].map(({ token }) => source.tokens.get(token)?.suspended)).toEqual([
        true,
        true,
        false,
      ]);
      expect(await tokens().setSuspended(accountId, true)).toBe(0);
      expect(await tokens().setSuspended(accountId, false)).toBe(2);
      expect(source.tokens.get(first.token)?.suspended).toBe(false);
    });

    it('manages a token that was written by hand, by an id that does not change', async () => {
      const token = newTunnelTokenValue();
      await opened().putByHand({ [token]: JSON.stringify({ token, region: 'eu', enabled: 'yes', mine: 1 }) });
      const another = await opened().openAnother();
      await another.source.start();
      const id = another.source.tokens.get(token)?.id ?? '';
      expect(id).toMatch(/^tt_[0-9A-Za-z]{22}$/);

      expect(await tokens().findByIdAcrossAccounts(id)).toMatchObject({ token, enabled: false });
      const changed = await another.repository.updateAcrossAccounts(id, { enabled: true });
      expect(changed).toMatchObject({ id, enabled: true, document: { mine: 1 } });
      expect(await tokens().findByIdAcrossAccounts(id)).toMatchObject({ enabled: true });
      await another.source.close();
    });

    it('gives a value that was copied with its id another one, and leaves the id to its owner', async () => {
      const owner = await stored();
      const copied = newTunnelTokenValue();
      await opened().putByHand({ [copied]: JSON.stringify({ ...owner.document, token: copied }) });
      // Another write, after which the first has been seen.
      await stored();

      expect(opened().source.tokens.get(copied)?.id).not.toBe(owner.id);
      expect(await tokens().findByIdAcrossAccounts(owner.id)).toStrictEqual(owner);
      const id = opened().source.tokens.get(copied)?.id ?? '';
      expect(await tokens().deleteAcrossAccounts(id)).toBe(true);
      expect(await tokens().findByIdAcrossAccounts(owner.id)).toStrictEqual(owner);
    });
  });
}
