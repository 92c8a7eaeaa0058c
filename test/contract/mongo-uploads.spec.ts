import { newUploadCallbackId, UPLOAD_ADMIN, type UploadCommit, type UploadToken } from '@tollgate/domain';
import { buildAuditRecord, buildUploadCallback, buildUploadedFile, buildUploadToken } from '@tollgate/testing';
import { mongo } from 'mongoose';
import { dyingAt, insteadOf } from '../support/mongo-faults';
import { describeWithMongo } from '../support/mongo-server';
import { type MongoStoreUnderTest, openMongoStore } from '../support/mongo-store';

const PURGE_AT = new Date('2026-02-01T00:00:00Z');
const DUE = new Date('2026-03-01T00:00:00Z');
const LATER = new Date('2026-04-01T00:00:00Z');
const PAGE = { limit: 10, offset: 0 };
/** More than a process may take between two steps of a commit. */
const OVERDUE_MS = 301_000;

interface Upload extends UploadCommit {
  readonly token: UploadToken;
}

describeWithMongo('commits of uploads on MongoDB', (mongoForTests) => {
  let store: MongoStoreUnderTest;
  beforeEach(async () => {
    store = await openMongoStore(mongoForTests());
  });
  afterEach(() => store.teardown());

  async function anotherProcessStarts(): Promise<void> {
    const another = await store.openAnother?.();
    await another?.teardown();
  }

  async function upload(size = 1_000, token?: UploadToken, quotaBytes?: number): Promise<Upload> {
    const issued = token ?? buildUploadToken({ accountId: UPLOAD_ADMIN });
    if (token === undefined) await store.uploadTokens.insert(issued, buildAuditRecord({ accountId: UPLOAD_ADMIN }));
    const file = buildUploadedFile({ accountId: UPLOAD_ADMIN, tokenId: issued.id, size });
    return {
      token: issued,
      file,
      callback: buildUploadCallback(file, { id: newUploadCallbackId() }),
      audit: buildAuditRecord({ accountId: UPLOAD_ADMIN, action: 'upload_file', resourceId: file.id }),
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
    };
  }

  const commit = ({ token, ...request }: Upload) => store.uploadTokens.commit(token.id, PURGE_AT, request);
  const find = ({ file }: Upload) => store.uploadedFiles.findById(UPLOAD_ADMIN, file.id);
  const recordsOf = async ({ file }: Upload) =>
    (await store.audits.listAcrossAccounts({ resourceId: file.id }, PAGE)).items;
  const documents = (collection: string) => store.database.collection(collection).find().toArray();

  /** That the upload is stored, once in every place. */
  async function expectStored(done: Upload): Promise<void> {
    expect(await find(done)).toStrictEqual(done.file);
    expect(await recordsOf(done)).toStrictEqual([done.audit]);
    expect(await store.uploadCallbacks.claimDue(DUE, LATER, 10)).toMatchObject([{ id: done.callback?.id }]);
    expect((await store.uploadTokens.findById(UPLOAD_ADMIN, done.token.id))?.end).toMatchObject({
      fileId: done.file.id,
    });
    expect(await documents('uploaded_files')).toStrictEqual([
      expect.objectContaining({ state: 'stored', audit_pending: false }) as unknown,
    ]);
  }

  /** That there is nothing of the upload, and its token is open. */
  async function expectNothing(broken: Upload): Promise<void> {
    expect(await find(broken)).toBeUndefined();
    expect(await store.uploadedFiles.list(UPLOAD_ADMIN, {}, PAGE)).toStrictEqual({ items: [], total: 0 });
    expect(await store.uploadedFiles.findExisting([broken.file.id])).toStrictEqual(new Set());
    expect(await store.uploadedFiles.delete(UPLOAD_ADMIN, broken.file.id, broken.audit)).toBeUndefined();
    expect(await store.uploadCallbacks.claimDue(DUE, DUE, 10)).toStrictEqual([]);
    expect(await recordsOf(broken)).toStrictEqual([]);
    expect(await store.uploadTokens.findById(UPLOAD_ADMIN, broken.token.id)).toStrictEqual(broken.token);
  }

  describe('when their process dies before the decision', () => {
    const POINTS = [
      ['before anything', 'insertOne', 'uploaded_files'],
      ['after the file', 'insertOne', 'upload_callbacks'],
      ['after the callback', 'findOneAndUpdate', 'upload_tokens'],
    ] as const;

    it.each(POINTS)('%s: nothing is stored, and the token works again', async (_, method, collection) => {
      const broken = await upload();
      expect(await dyingAt(method, collection, () => commit(broken))).toBeInstanceOf(Error);
      await anotherProcessStarts();
      await expectNothing(broken);

      const next = await upload(1_000, broken.token);
      expect(await commit(next)).toBe('stored');
      await anotherProcessStarts();
      await expectStored(next);
      expect(await documents('upload_callbacks')).toHaveLength(1);
    });

    it.each(POINTS)('%s: a commit of the same again is stored', async (_, method, collection) => {
      const broken = await upload();
      await dyingAt(method, collection, () => commit(broken));

      expect(await commit(broken)).toBe('stored');
      await expectStored(broken);
    });

    it.each(POINTS)('%s: five minutes later nothing is left of it', async (_, method, collection) => {
      const broken = await upload();
      await dyingAt(method, collection, () => commit(broken));
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + OVERDUE_MS);
      await anotherProcessStarts();

      expect(await documents('uploaded_files')).toStrictEqual([]);
      expect(await documents('upload_callbacks')).toStrictEqual([]);
    });
  });

  describe('when their process dies after the decision', () => {
    const POINTS = [
      ['before the callback is shown', 'updateOne', 'upload_callbacks'],
      ['before the file is shown', 'updateOne', 'uploaded_files'],
      ['before the audit record is handed on', 'insertOne', 'audit_logs'],
      ['before that is noted', 'updateOne', 'upload_tokens'],
    ] as const;

    it.each(POINTS)('%s: all of it is there after the sweep, once', async (_, method, collection) => {
      const done = await upload();
      expect(await dyingAt(method, collection, () => commit(done))).toBe('stored');
      await anotherProcessStarts();
      await anotherProcessStarts();

      await expectStored(done);
    });

    it.each(POINTS)('%s: whoever reads files sees it at once', async (_, method, collection) => {
      const read = [
        async ({ file }: Upload) => {
          expect(await store.uploadedFiles.findByIdAcrossAccounts(file.id)).toBeDefined();
        },
        async () => {
          expect((await store.uploadedFiles.list(UPLOAD_ADMIN, {}, PAGE)).total).toBe(1);
        },
        async () => {
          expect((await store.uploadedFiles.listAcrossAccounts({}, PAGE)).total).toBe(1);
        },
        async () => {
          expect(await store.uploadedFiles.usedBytes(UPLOAD_ADMIN)).toBe(1_000);
        },
        async ({ file }: Upload) => {
          expect((await store.uploadedFiles.findExisting([file.id])).size).toBe(1);
        },
      ];
      for (const look of read) {
        const done = await upload();
        await dyingAt(method, collection, () => commit(done));
        await look(done);
        const removal = buildAuditRecord({ accountId: UPLOAD_ADMIN });
        expect(await store.uploadedFiles.delete(UPLOAD_ADMIN, done.file.id, removal)).toStrictEqual(done.file);
      }
    });

    it.each(POINTS)('%s: its token is not purged before', async (_, method, collection) => {
      const done = await upload();
      await dyingAt(method, collection, () => commit(done));

      expect(await store.uploadTokens.purge(DUE, 10)).toBe(0);
      await anotherProcessStarts();
      expect(await store.uploadTokens.purge(DUE, 10)).toBe(1);
      expect(await find(done)).toStrictEqual(done.file);
    });

    it('counts to the quota before it is shown', async () => {
      const done = await upload(600, undefined, 1_000);
      await dyingAt('updateOne', 'uploaded_files', () => commit(done));

      expect(await commit(await upload(401, undefined, 1_000))).toBe('quota');
      expect(await commit(await upload(400, undefined, 1_000))).toBe('stored');
    });
  });

  it('do not bring back a file that was deleted and forgotten while their process slept', async () => {
    const done = await upload();
    const restore = insteadOf('updateOne', 'uploaded_files', async (write) => {
      expect(await find(done)).toStrictEqual(done.file);
      const [told] = await store.uploadCallbacks.claimDue(DUE, DUE, 1);
      expect(await store.uploadCallbacks.remove(told?.id ?? '', buildAuditRecord({ accountId: UPLOAD_ADMIN }))).toBe(
        true,
      );
      await store.uploadedFiles.delete(UPLOAD_ADMIN, done.file.id, buildAuditRecord({ accountId: UPLOAD_ADMIN }));
      await store.uploadedFiles.forgetDeleted([done.file.id]);
      return write();
    });
    expect(await commit(done)).toBe('stored');
    restore();

    expect(await documents('uploaded_files')).toStrictEqual([]);
    expect(await documents('upload_callbacks')).toStrictEqual([]);
    expect(await recordsOf(done)).toStrictEqual([done.audit]);
  });

  it('are unavailable when their process wakes up after they were given up, and the room they claimed is free', async () => {
    const late = await upload(1_000, undefined, 1_000);
    const restore = insteadOf('findOneAndUpdate', 'upload_tokens', async (write) => {
      expect(await commit(await upload(1, undefined, 1_000))).toBe('quota');
      const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + OVERDUE_MS);
      await anotherProcessStarts();
      clock.mockRestore();
      expect(await commit(await upload(1_000, undefined, 1_000))).toBe('stored');
      return write();
    });
    await expect(commit(late)).rejects.toMatchObject({ name: 'TollgateError', code: 'unavailable' });
    restore();

    expect(await find(late)).toBeUndefined();
    expect(await store.uploadedFiles.usedBytes(UPLOAD_ADMIN)).toBe(1_000);
    expect(await store.uploadTokens.findById(UPLOAD_ADMIN, late.token.id)).toStrictEqual(late.token);
  });

  it('are stored when the decision was made and only its answer was lost', async () => {
    const done = await upload();
    const restore = insteadOf('findOneAndUpdate', 'upload_tokens', async (write) => {
      await write();
      throw new mongo.MongoNetworkError('connection closed');
    });
    expect(await commit(done)).toBe('stored');
    restore();

    await expectStored(done);
  });

  it('that failed in their decision are not stored by a write that arrives later', async () => {
    const broken = await upload();
    let arrive: () => Promise<unknown> = () => Promise.reject(new Error('no write'));
    const restore = insteadOf('findOneAndUpdate', 'upload_tokens', async (write) => {
      arrive = write;
      throw new mongo.MongoNetworkError('connection closed');
    });
    await expect(commit(broken)).rejects.toMatchObject({ code: 'unavailable' });
    restore();

    expect(await arrive()).toBeNull();
    await expectNothing(broken);
    const next = await upload(1_000, broken.token);
    expect(await commit(next)).toBe('stored');
  });

  it('leave nothing behind when the token is revoked between their first look and their decision', async () => {
    const late = await upload();
    const restore = insteadOf('findOneAndUpdate', 'upload_tokens', async (write) => {
      await store.uploadTokens.revokeAll(UPLOAD_ADMIN, DUE, PURGE_AT);
      return write();
    });
    expect(await commit(late)).toBe('ended');
    restore();

    expect(await find(late)).toBeUndefined();
    expect(await recordsOf(late)).toStrictEqual([]);
    expect(await documents('uploaded_files')).toStrictEqual([]);
    expect(await documents('upload_callbacks')).toStrictEqual([]);
  });

  describe('without a token', () => {
    const insert = ({ file, callback, audit }: Upload) =>
      store.uploadedFiles.insert({ file, audit, ...(callback === undefined ? {} : { callback }) });

    it.each([
      ['before the file is shown', 'findOneAndUpdate', 'uploaded_files', false],
      ['before the callback is shown', 'updateOne', 'upload_callbacks', true],
      ['before the audit record is handed on', 'insertOne', 'audit_logs', true],
      ['before that is noted', 'updateOne', 'uploaded_files', true],
    ] as const)('are there whole or not at all when they die %s', async (_, method, collection, isThere) => {
      const done = await upload();
      await dyingAt(method, collection, () => insert(done));
      expect((await find(done)) !== undefined).toBe(isThere);
      await anotherProcessStarts();

      expect(await recordsOf(done)).toStrictEqual(isThere ? [done.audit] : []);
      expect(await store.uploadCallbacks.claimDue(DUE, LATER, 10)).toHaveLength(isThere ? 1 : 0);
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + OVERDUE_MS);
      await anotherProcessStarts();
      expect(await documents('uploaded_files')).toHaveLength(isThere ? 1 : 0);
      expect((await documents('uploaded_files')).filter((document) => 'prepared' in document)).toStrictEqual([]);
    });

    it('are unavailable when they wake up after they were given up', async () => {
      const late = await upload();
      const restore = insteadOf('findOneAndUpdate', 'uploaded_files', async (write) => {
        const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + OVERDUE_MS);
        await anotherProcessStarts();
        clock.mockRestore();
        return write();
      });
      await expect(insert(late)).rejects.toMatchObject({ code: 'unavailable' });
      restore();

      expect(await find(late)).toBeUndefined();
      expect(await documents('upload_callbacks')).toStrictEqual([]);
    });
  });

  it('keep no deleted file in mind longer than its audit record waits, and none shorter', async () => {
    const done = await upload();
    await commit(done);
    const removal = buildAuditRecord({ accountId: UPLOAD_ADMIN, action: 'delete_file', resourceId: done.file.id });
    await dyingAt('insertOne', 'audit_logs', () => store.uploadedFiles.delete(UPLOAD_ADMIN, done.file.id, removal));

    await store.uploadedFiles.forgetDeleted([done.file.id]);
    expect(await store.uploadedFiles.listDeleted(10)).toHaveLength(1);
    await anotherProcessStarts();
    await store.uploadedFiles.forgetDeleted([done.file.id]);
    expect(await store.uploadedFiles.listDeleted(10)).toStrictEqual([]);
    expect(await recordsOf(done)).toEqual(expect.arrayContaining([done.audit, removal]));
  });
});
