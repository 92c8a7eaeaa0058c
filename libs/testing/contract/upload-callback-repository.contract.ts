import {
  newAccountId,
  newUploadCallbackId,
  UPLOAD_ADMIN,
  type UploadCallback,
  type UploadedFile,
} from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { buildUploadCallback, buildUploadedFile } from '../factories/build-uploaded-file';
import { auditTrail, type StoreSetup, useStore } from './store-under-test';

/** Each case has an hour of its own, long before every other time, and leaves nothing due in it. */
const FIRST_HOUR_MS = Date.parse('2001-01-01T00:00:00.000Z');
const HOUR_MS = 3_600_000;
const PURGE_AT = new Date('2026-02-01T00:00:00.000Z');

/** What every {@link UploadCallbackRepository} guarantees. */
export function uploadCallbackRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: UploadCallbackRepository`, () => {
    const store = useStore(setup);
    let hourMs = FIRST_HOUR_MS;

    beforeEach(() => {
      hourMs += HOUR_MS;
    });
    afterEach(async () => {
      for (const { id, accountId } of await claim(HOUR_MS - 1, HOUR_MS - 1, 1_000)) {
        await store().uploadCallbacks.remove(id, buildAuditRecord({ accountId, action: 'tidy up' }));
      }
    });

    /** An instant in the hour of the case. */
    const at = (ms: number): Date => new Date(hourMs + ms);
    const claim = async (now: number, until: number, limit = 10): Promise<readonly UploadCallback[]> =>
      store().uploadCallbacks.claimDue(at(now), at(until), limit);
    const ids = (callbacks: readonly UploadCallback[]): readonly string[] => callbacks.map(({ id }) => id);

    /** Commits an upload of which is to be told. */
    async function told(dueAt: Date, overrides: Partial<UploadCallback> = {}): Promise<UploadCallback> {
      const token = buildUploadToken({ accountId: UPLOAD_ADMIN });
      await store().uploadTokens.insert(token, buildAuditRecord({ accountId: UPLOAD_ADMIN }));
      const file = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId: token.id, createdAt: dueAt });
      const callback = buildUploadCallback(file, overrides);
      const audit = buildAuditRecord({ accountId: UPLOAD_ADMIN });
      expect(await store().uploadTokens.commit(token.id, PURGE_AT, { file, callback, audit })).toBe('stored');
      return callback;
    }

    it('has what the commit of an upload wrote, every field of it, when the commit has answered', async () => {
      const callback = await told(at(0), {
        accountId: newAccountId(),
        payload: `{"name":"it's ünïcode 🔑"}`,
        attempts: 3,
        createdAt: at(-7),
      });

      const [claimed] = await claim(0, 1);
      expect({ ...claimed, dueAt: callback.dueAt }).toStrictEqual(callback);
    });

    it('has what the insert of a file without a token wrote', async () => {
      const file: UploadedFile = buildUploadedFile({ accountId: newAccountId(), createdAt: at(0) });
      const callback = buildUploadCallback(file);
      const audit = buildAuditRecord({ accountId: file.accountId });
      await store().uploadedFiles.insert({ file, callback, audit });

      expect(ids(await claim(0, 1))).toStrictEqual([callback.id]);
    });

    it('has nothing of a commit that was refused', async () => {
      const file = buildUploadedFile({ accountId: UPLOAD_ADMIN, createdAt: at(0) });
      const audit = buildAuditRecord({ accountId: UPLOAD_ADMIN });
      const commit = { file, callback: buildUploadCallback(file), audit };

      expect(await store().uploadTokens.commit('ut_unknown', PURGE_AT, commit)).toBe('ended');
      expect(await store().uploadedFiles.insert({ ...commit, quotaBytes: 1 })).toBe('quota');
      expect(await claim(0, 1)).toStrictEqual([]);
    });

    it('gives what is due at that very instant, oldest first, and no more than the limit', async () => {
      const third = await told(at(3));
      const first = await told(at(1));
      const second = await told(at(2));
      await told(at(4));

      expect(ids(await claim(0, 100))).toStrictEqual([]);
      expect(ids(await claim(3, 100, 2))).toStrictEqual([first.id, second.id]);
      expect(ids(await claim(3, 100))).toStrictEqual([third.id]);
    });

    it('gives each to one alone of many who ask at once, over all processes, until the time that was said', async () => {
      const callbacks = await Promise.all(Array.from({ length: 20 }, () => told(at(0))));
      const another = await store().openAnother?.();
      try {
        const claims = await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const on = index % 2 === 0 ? store() : (another ?? store());
            return on.uploadCallbacks.claimDue(at(0), at(60), 5);
          }),
        );

        const all = [...ids(claims.flat()), ...ids(await claim(0, 60, 100))];
        expect(all.sort()).toStrictEqual([...ids(callbacks)].sort());
        expect(await claim(59, 100, 100)).toStrictEqual([]);
        expect(await claim(60, 100, 100)).toHaveLength(20);
      } finally {
        await another?.teardown();
      }
    });

    it('gives a postponed one again from its new time on, with one more delivery that failed', async () => {
      const callback = await told(at(0));
      await claim(0, 1_000);
      await store().uploadCallbacks.postpone(callback.id, at(500));

      expect(await claim(499, 1_000)).toStrictEqual([]);
      const [again] = await claim(500, 1_000);
      expect(again).toMatchObject({ id: callback.id, attempts: 1 });
      await store().uploadCallbacks.postpone(callback.id, at(600));
      expect(await claim(600, 1_000)).toMatchObject([{ id: callback.id, attempts: 2 }]);
    });

    it('postpones one that is gone without complaint', async () => {
      await expect(store().uploadCallbacks.postpone(newUploadCallbackId(), at(0))).resolves.toBeUndefined();
    });

    it('removes each for exactly one of 20 who say so, and keeps that audit record alone', async () => {
      const callback = await told(at(0));
      const accountId = newAccountId();

      const removed = await Promise.all(
        Array.from({ length: 20 }, () =>
          store().uploadCallbacks.remove(callback.id, buildAuditRecord({ accountId, action: 'upload_callback' })),
        ),
      );

      expect(removed.filter(Boolean)).toHaveLength(1);
      expect(await auditTrail(store(), accountId)).toHaveLength(1);
      expect(await claim(HOUR_MS - 1, HOUR_MS - 1)).toStrictEqual([]);
    });
  });
}
