import { type UploadLocks, newFileId } from '@tollgate/domain';

/** Locks as two processes have them, as the contract suite sees them. */
export interface UploadLocksUnderTest {
  readonly here: UploadLocks;
  readonly there: UploadLocks;
  /** Makes a lock one that has not been renewed for longer than it holds. */
  letLapse(uploadId: string): Promise<void>;
  teardown(): Promise<void>;
}

/** What every {@link UploadLocks} guarantees. */
export function uploadLocksContract(name: string, setup: () => Promise<UploadLocksUnderTest>): void {
  describe(`${name}: UploadLocks`, () => {
    let test: UploadLocksUnderTest;
    let id: string;
    beforeEach(async () => {
      test = await setup();
      id = newFileId();
    });
    afterEach(async () => {
      await test.teardown();
    });

    it('are held by one of many, and by the next when that one lets go', async () => {
      const holders = Array.from({ length: 40 }, (_, index) => `holder-${String(index)}`);
      const outcomes = await Promise.all(
        holders.map(async (holder, index) => (index % 2 === 0 ? test.here : test.there).tryLock(id, holder)),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const winner = holders[outcomes.indexOf(true)] ?? '';
      await test.there.unlock(id, 'stranger');
      expect(await test.here.tryLock(id, 'next')).toBe(false);
      await test.here.unlock(id, winner);
      expect(await test.there.tryLock(id, 'next')).toBe(true);
    });

    it('of different uploads have nothing to do with each other', async () => {
      expect(await test.here.tryLock(id, 'a')).toBe(true);
      expect(await test.here.tryLock(newFileId(), 'a')).toBe(true);
    });

    it('tell their holder when somebody waits, and nobody after that one was let in', async () => {
      await test.here.tryLock(id, 'first');
      expect(await test.here.renew(id, 'first')).toBe('held');
      await test.there.tryLock(id, 'second');
      expect(await test.here.renew(id, 'first')).toBe('wanted');
      await test.here.unlock(id, 'first');
      expect(await test.there.tryLock(id, 'second')).toBe(true);
      expect(await test.there.renew(id, 'second')).toBe('held');
      expect(await test.here.renew(id, 'first')).toBe('lost');
    });

    it('lapse when they are not renewed, for exactly one of those who wait', async () => {
      await test.here.tryLock(id, 'dead');
      await test.letLapse(id);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          (index % 2 === 0 ? test.here : test.there).tryLock(id, `waiting-${String(index)}`),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await test.here.renew(id, 'dead')).toBe('lost');
    });

    it("are nobody's when nobody has taken them", async () => {
      expect(await test.here.renew(id, 'a')).toBe('lost');
      await test.here.unlock(id, 'a');
      expect(await test.here.tryLock(id, 'b')).toBe(true);
    });
  });
}
