import {
  newAccountId,
  type ReservationBounds,
  type UploadReservations,
  type UploadToken,
  type UploadTokenRepository,
} from '@tollgate/domain';
import { buildAuditRecord } from '../factories/build-audit-record';
import { buildUploadToken } from '../factories/build-upload-token';
import { TEST_EPOCH_MS } from '../fake-clock';

/** Reservations of a driver, as their suite sees them. */
export interface ReservationsUnderTest {
  readonly reservations: UploadReservations;
  /** The same as another process has them; absent: only one can. */
  readonly others?: UploadReservations;
  /** Where the tokens are kept; they are put there before they are reserved. */
  readonly tokens: Pick<UploadTokenRepository, 'insert'>;
  /** Closes both and removes their data. */
  teardown(): Promise<void>;
}

const SETUP_TIMEOUT_MS = 60_000;
const HOLD_MS = 30_000;
const BOUNDS: ReservationBounds = { holdMs: HOLD_MS, maxAttempts: 5, maxReceivedBytes: 1_000 };
const RESERVED = { kind: 'reserved' };
const SPENT = { kind: 'spent' };

const at = (ms: number): Date => new Date(TEST_EPOCH_MS + ms);
const heldUntil = (ms: number): unknown => ({ kind: 'held', until: at(ms) });

/** What every {@link UploadReservations} guarantees. Time is what the calls say. */
export function uploadReservationsContract(name: string, setup: () => Promise<ReservationsUnderTest>): void {
  describe(`${name}: UploadReservations`, () => {
    let under: ReservationsUnderTest;
    beforeAll(async () => {
      under = await setup();
    }, SETUP_TIMEOUT_MS);
    afterAll(async () => {
      await under.teardown();
    }, SETUP_TIMEOUT_MS);

    async function stored(): Promise<UploadToken> {
      const token = buildUploadToken({ accountId: newAccountId() });
      await under.tokens.insert(token, buildAuditRecord({ accountId: token.accountId, action: 'issue_upload_token' }));
      return token;
    }

    const reserve = async (token: UploadToken, holder: string, ms: number, bounds = BOUNDS): Promise<unknown> =>
      under.reservations.reserve(token, holder, at(ms), bounds);
    const renew = async (token: UploadToken, holder: string, bytes: number, ms: number): Promise<boolean> =>
      under.reservations.renew(token, holder, bytes, at(ms), HOLD_MS);
    const release = async (token: UploadToken, holder: string, bytes: number): Promise<void> =>
      under.reservations.release(token, holder, bytes);
    const look = async (token: UploadToken, ms: number): Promise<unknown> =>
      (await under.reservations.look([token], at(ms))).get(token.id);

    /** Takes a token `count` times and lets it go each time. */
    async function attempt(token: UploadToken, count: number, bytesEach: number): Promise<void> {
      for (let round = 0; round < count; round++) {
        expect(await reserve(token, `attempt_${String(round)}`, 0)).toStrictEqual(RESERVED);
        await release(token, `attempt_${String(round)}`, bytesEach);
      }
    }

    describe('reserve', () => {
      it('gives a token to exactly one of 100 who ask at once, over all processes', async () => {
        const token = await stored();

        const outcomes = await Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            const reservations = index % 2 === 0 ? under.reservations : (under.others ?? under.reservations);
            return reservations.reserve(token, `file_${String(index)}`, at(0), BOUNDS);
          }),
        );

        expect(outcomes.filter(({ kind }) => kind === 'reserved')).toHaveLength(1);
        expect(outcomes.filter(({ kind }) => kind !== 'reserved')).toStrictEqual(
          Array.from({ length: 99 }, () => heldUntil(HOLD_MS)),
        );
        expect(await look(token, 0)).toStrictEqual({ attempts: 1, receivedBytes: 0, heldUntil: at(HOLD_MS) });
      });

      it('keeps it from everybody else until its time has passed, and not a millisecond longer', async () => {
        const token = await stored();
        await reserve(token, 'first', 0);

        expect(await reserve(token, 'second', HOLD_MS - 1)).toStrictEqual(heldUntil(HOLD_MS));
        expect(await reserve(token, 'second', HOLD_MS)).toStrictEqual(RESERVED);
        expect(await reserve(token, 'first', HOLD_MS)).toStrictEqual(heldUntil(2 * HOLD_MS));
      });

      it('gives it again to who holds it, for the full time from then on, and counts that as no attempt', async () => {
        const token = await stored();
        const holder = 'x'.repeat(40);
        await reserve(token, holder, 0);

        expect(await reserve(token, holder, 1_000)).toStrictEqual(RESERVED);
        expect(await look(token, 1_000)).toStrictEqual({
          attempts: 1,
          receivedBytes: 0,
          heldUntil: at(1_000 + HOLD_MS),
        });
      });

      it('gives it again to who holds it also with its last attempt', async () => {
        const token = await stored();
        const bounds = { ...BOUNDS, maxAttempts: 1 };
        await reserve(token, 'holder', 0, bounds);

        expect(await reserve(token, 'holder', 1, bounds)).toStrictEqual(RESERVED);
      });

      it('counts an attempt when who held it takes it again after its time has passed', async () => {
        const token = await stored();
        await reserve(token, 'holder', 0);

        expect(await reserve(token, 'holder', HOLD_MS)).toStrictEqual(RESERVED);
        expect(await look(token, HOLD_MS)).toMatchObject({ attempts: 2 });
      });

      it('gives it as often as its attempts allow, and then no more', async () => {
        const token = await stored();
        await attempt(token, BOUNDS.maxAttempts, 0);

        expect(await reserve(token, 'one more', 0)).toStrictEqual(SPENT);
        expect(await look(token, 0)).toStrictEqual({ attempts: BOUNDS.maxAttempts, receivedBytes: 0 });
      });

      it('counts attempts that nobody released', async () => {
        const token = await stored();
        for (let round = 0; round < BOUNDS.maxAttempts; round++) {
          expect(await reserve(token, `lost_${String(round)}`, round * HOLD_MS)).toStrictEqual(RESERVED);
        }

        expect(await reserve(token, 'one more', BOUNDS.maxAttempts * HOLD_MS)).toStrictEqual(SPENT);
      });

      it('gives it while less was received than may be, and no more from that limit on', async () => {
        const below = await stored();
        await attempt(below, 1, BOUNDS.maxReceivedBytes - 1);
        expect(await reserve(below, 'next', 0)).toStrictEqual(RESERVED);

        const reached = await stored();
        await attempt(reached, 1, BOUNDS.maxReceivedBytes);
        expect(await reserve(reached, 'next', 0)).toStrictEqual(SPENT);
      });

      it('answers held rather than spent while the last attempt is under way', async () => {
        const token = await stored();
        const bounds = { ...BOUNDS, maxAttempts: 1 };
        await reserve(token, 'last', 0, bounds);

        expect(await reserve(token, 'other', 0, bounds)).toStrictEqual(heldUntil(HOLD_MS));
        await release(token, 'last', 0);
        expect(await reserve(token, 'other', 0, bounds)).toStrictEqual(SPENT);
      });

      it('keeps tokens apart', async () => {
        const one = await stored();
        const other = await stored();
        await reserve(one, 'holder', 0);

        expect(await reserve(other, 'somebody', 0)).toStrictEqual(RESERVED);
      });
    });

    describe('renew', () => {
      it('holds for the full time from then on and adds what was received', async () => {
        const token = await stored();
        await reserve(token, 'holder', 0);

        expect(await renew(token, 'holder', 300, 20_000)).toBe(true);
        expect(await renew(token, 'holder', 2 ** 40, 40_000)).toBe(true);
        expect(await look(token, 40_000)).toStrictEqual({
          attempts: 1,
          receivedBytes: 300 + 2 ** 40,
          heldUntil: at(40_000 + HOLD_MS),
        });
        expect(await reserve(token, 'other', 40_000 + HOLD_MS - 1)).toStrictEqual(heldUntil(40_000 + HOLD_MS));
      });

      it('is refused to whoever does not hold it, and then counts nothing', async () => {
        const token = await stored();
        expect(await renew(token, 'holder', 5, 0)).toBe(false);
        await reserve(token, 'holder', 0);

        expect(await renew(token, 'stranger', 5, 1_000)).toBe(false);
        expect(await look(token, 1_000)).toStrictEqual({ attempts: 1, receivedBytes: 0, heldUntil: at(HOLD_MS) });
        await release(token, 'holder', 0);
        expect(await renew(token, 'holder', 5, 1_000)).toBe(false);
        expect(await look(token, 1_000)).toStrictEqual({ attempts: 1, receivedBytes: 0 });
      });

      it('takes it up again after its time has passed while nobody else took it', async () => {
        const token = await stored();
        await reserve(token, 'holder', 0);

        expect(await renew(token, 'holder', 5, 2 * HOLD_MS)).toBe(true);
        expect(await look(token, 2 * HOLD_MS)).toStrictEqual({
          attempts: 1,
          receivedBytes: 5,
          heldUntil: at(3 * HOLD_MS),
        });
      });

      it('is refused to who held it once somebody else took it', async () => {
        const token = await stored();
        await reserve(token, 'slow', 0);
        await reserve(token, 'next', HOLD_MS);

        expect(await renew(token, 'slow', 5, HOLD_MS)).toBe(false);
        expect(await look(token, HOLD_MS)).toStrictEqual({ attempts: 2, receivedBytes: 0, heldUntil: at(2 * HOLD_MS) });
      });
    });

    describe('release', () => {
      it('lets somebody else have it at once and adds what was received', async () => {
        const token = await stored();
        await reserve(token, 'holder', 0);
        await renew(token, 'holder', 100, 0);
        await release(token, 'holder', 20);

        expect(await look(token, 0)).toStrictEqual({ attempts: 1, receivedBytes: 120 });
        expect(await reserve(token, 'other', 0)).toStrictEqual(RESERVED);
      });

      it('by whoever does not hold it changes nothing', async () => {
        const token = await stored();
        await release(token, 'stranger', 10);
        await reserve(token, 'slow', 0);
        await reserve(token, 'holder', HOLD_MS);
        await release(token, 'stranger', 10);
        await release(token, 'slow', 10);

        expect(await look(token, HOLD_MS)).toStrictEqual({ attempts: 2, receivedBytes: 0, heldUntil: at(2 * HOLD_MS) });
        await release(token, 'holder', 1);
        await release(token, 'holder', 1);
        expect(await look(token, HOLD_MS)).toStrictEqual({ attempts: 2, receivedBytes: 1 });
      });
    });

    describe('look', () => {
      it('tells of tokens that were ever reserved, and of no others', async () => {
        const held = await stored();
        const idle = await stored();
        const untouched = await stored();
        await reserve(held, 'holder', 0);
        await attempt(idle, 2, 7);

        const states = await under.reservations.look([held, idle, untouched], at(1));

        expect(new Map(states)).toStrictEqual(
          new Map<string, unknown>([
            [held.id, { attempts: 1, receivedBytes: 0, heldUntil: at(HOLD_MS) }],
            [idle.id, { attempts: 2, receivedBytes: 14 }],
          ]),
        );
        expect((await under.reservations.look([], at(1))).size).toBe(0);
      });

      it('tells of nobody once the time has passed', async () => {
        const token = await stored();
        await reserve(token, 'holder', 0);

        expect(await look(token, HOLD_MS - 1)).toHaveProperty('heldUntil', at(HOLD_MS));
        expect(await look(token, HOLD_MS)).toStrictEqual({ attempts: 1, receivedBytes: 0 });
      });
    });
  });
}
