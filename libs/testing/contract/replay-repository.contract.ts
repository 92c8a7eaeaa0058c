import { randomBytes } from 'node:crypto';
import { TEST_EPOCH_MS } from '../fake-clock';
import { type StoreSetup, useStore } from './store-under-test';

const at = (seconds: number): Date => new Date(TEST_EPOCH_MS + seconds * 1000);
/** Long before every other time in the suites, so that a purge up to here meets only what was put here. */
const OLD = new Date('2001-01-01T00:00:00.000Z');

/** What every {@link ReplayRepository} guarantees. */
export function replayRepositoryContract(name: string, setup: StoreSetup): void {
  describe(`${name}: ReplayRepository`, () => {
    const store = useStore(setup);

    it('gives a key to the first who asks and to nobody after', async () => {
      const key = randomBytes(32);

      expect(await store().replays.claim(key, at(0), at(60))).toBe(true);
      expect(await store().replays.claim(key, at(1), at(61))).toBe(false);
      expect(await store().replays.claim(Buffer.from(key), at(59), at(120))).toBe(false);
    });

    it('gives a key to exactly one of 50 who ask at once', async () => {
      const key = randomBytes(32);

      const claims = await Promise.all(Array.from({ length: 50 }, () => store().replays.claim(key, at(0), at(60))));

      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    it('keeps keys apart byte by byte, up to 64 bytes', async () => {
      const key = randomBytes(64);
      const almost = Buffer.from(key);
      almost[63] = (almost[63] ?? 0) ^ 1;

      expect(await store().replays.claim(key, at(0), at(60))).toBe(true);
      expect(await store().replays.claim(almost, at(0), at(60))).toBe(true);
      expect(await store().replays.claim(key.subarray(0, 63), at(0), at(60))).toBe(true);
    });

    it('gives a released key again, once', async () => {
      const key = randomBytes(32);
      await store().replays.claim(key, at(0), at(60));
      await store().replays.release(key);

      expect(await store().replays.claim(key, at(1), at(61))).toBe(true);
      expect(await store().replays.claim(key, at(2), at(62))).toBe(false);
    });

    it('releases a key that nobody holds without complaint', async () => {
      await expect(store().replays.release(randomBytes(32))).resolves.toBeUndefined();
    });

    it('counts a key as free from the instant it expires, for exactly one of those who ask then', async () => {
      const key = randomBytes(32);
      await store().replays.claim(key, at(0), at(60));

      expect(await store().replays.claim(key, new Date(at(60).getTime() - 1), at(90))).toBe(false);
      const claims = await Promise.all(Array.from({ length: 20 }, () => store().replays.claim(key, at(60), at(120))));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await store().replays.claim(key, at(119), at(180))).toBe(false);
    });

    it('purges keys whose time has passed, no more than its limit at once', async () => {
      for (let count = 0; count < 5; count++) await store().replays.claim(randomBytes(32), new Date(0), OLD);
      const live = randomBytes(32);
      await store().replays.claim(live, new Date(0), new Date(OLD.getTime() + 1));

      const gone: number[] = [];
      for (let round = 0; round < 4; round++) gone.push(await store().replays.purge(OLD, 2));

      expect(gone).toStrictEqual([2, 2, 1, 0]);
      expect(await store().replays.claim(live, OLD, at(0))).toBe(false);
    });
  });
}
