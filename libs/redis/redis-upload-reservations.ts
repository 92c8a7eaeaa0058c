import {
  type ReservationBounds,
  type ReservationState,
  type ReserveOutcome,
  TollgateError,
  UploadReservations,
  type UploadToken,
} from '@tollgate/domain';
import { answerWithin } from './answer-within';
import { REDIS_LIMITS } from './limits';
import type { RedisConnection } from './redis-connection';
import { RedisScript } from './redis-script';
import { RELEASE_SCRIPT, RENEW_SCRIPT, RESERVE_SCRIPT } from './upload-reservation-scripts';

type TokenKey = Pick<UploadToken, 'id' | 'accountId'>;

const DAY_MS = 86_400_000;
const RETRY_AFTER_SECONDS = 1;

/**
 * Reservations in Redis, for all processes together: a hash for each token, changed by one script a verb. The hash outlives
 * the token's record by a day, and a hold by as much; a Redis that forgets only lets attempts begin that the commit ends.
 *
 * Every verb throws TollgateError `unavailable` when Redis does not answer within a second. What it asked may be done all
 * the same: a hold that came about so keeps the token from everybody until it lapses, after the time that it was asked for.
 */
export class RedisUploadReservations extends UploadReservations {
  private readonly reserveScript: RedisScript;
  private readonly renewScript: RedisScript;
  private readonly releaseScript: RedisScript;

  constructor(private readonly connection: RedisConnection) {
    super();
    this.reserveScript = new RedisScript(connection.client, RESERVE_SCRIPT);
    this.renewScript = new RedisScript(connection.client, RENEW_SCRIPT);
    this.releaseScript = new RedisScript(connection.client, RELEASE_SCRIPT);
  }

  override async reserve(
    token: TokenKey & Pick<UploadToken, 'purgeAt'>,
    holder: string,
    now: Date,
    { holdMs, maxAttempts, maxReceivedBytes }: ReservationBounds,
  ): Promise<ReserveOutcome> {
    const nowMs = now.getTime();
    // By the time of the caller, as everything here: the clock of Redis may be another.
    const keepMs = Math.max(token.purgeAt.getTime() - nowMs, holdMs) + DAY_MS;
    const args = [holder, nowMs, nowMs + holdMs, maxAttempts, maxReceivedBytes, keepMs];
    const reply = await answered(this.reserveScript.run([this.keyOf(token)], args));
    if (reply === 'reserved' || reply === 'spent') return { kind: reply };
    return { kind: 'held', until: new Date(Number(reply)) };
  }

  override async renew(
    token: TokenKey,
    holder: string,
    receivedBytes: number,
    now: Date,
    holdMs: number,
  ): Promise<boolean> {
    const args = [holder, now.getTime() + holdMs, receivedBytes, holdMs + DAY_MS];
    return (await answered(this.renewScript.run([this.keyOf(token)], args))) === 1;
  }

  override async release(token: TokenKey, holder: string, receivedBytes: number): Promise<void> {
    await answered(this.releaseScript.run([this.keyOf(token)], [holder, receivedBytes]));
  }

  override async look(tokens: readonly TokenKey[], now: Date): Promise<ReadonlyMap<string, ReservationState>> {
    const { client } = this.connection;
    // Sent without waiting for one another, which is a pipeline to each node of a cluster too.
    const stored = await answered(
      Promise.all(tokens.map(async (token) => client.hmget(this.keyOf(token), 'attempts', 'received', 'until'))),
    );
    const states = new Map<string, ReservationState>();
    for (const [index, { id }] of tokens.entries()) {
      const [attempts, received, until] = stored[index] ?? [];
      if (typeof attempts !== 'string') continue;
      const untilMs = Number(until ?? 0);
      states.set(id, {
        attempts: Number(attempts),
        receivedBytes: Number(received ?? 0),
        ...(untilMs > now.getTime() ? { heldUntil: new Date(untilMs) } : {}),
      });
    }
    return states;
  }

  private keyOf({ id, accountId }: TokenKey): string {
    return `${this.connection.keyPrefix}ut:${accountId}:${id}`;
  }
}

async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answerWithin(REDIS_LIMITS.answerTimeoutMs, answer);
  } catch (cause) {
    const details = { retryAfterSeconds: RETRY_AFTER_SECONDS, cause };
    throw new TollgateError('unavailable', 'uploads are not admitted for the moment', details);
  }
}
