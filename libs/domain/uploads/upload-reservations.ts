import type { UploadToken } from './upload-token';

/** Bounds on the use of one token. */
export interface ReservationBounds {
  /** How long a reservation holds unless it is renewed, in milliseconds. */
  readonly holdMs: number;
  /** Reservations that a token may have in all. */
  readonly maxAttempts: number;
  /** Bytes that may be received with a token over all attempts before no further one is allowed. */
  readonly maxReceivedBytes: number;
}

/**
 * - `reserved`: for this holder alone until it is released or its time passes
 * - `held`: by somebody else, until then
 * - `spent`: the token has had its attempts, or has received too much
 */
export type ReserveOutcome =
  { readonly kind: 'reserved' } | { readonly kind: 'held'; readonly until: Date } | { readonly kind: 'spent' };

/** What the attempts with a token came to so far. */
export interface ReservationState {
  readonly attempts: number;
  readonly receivedBytes: number;
  /** Until when somebody holds it; absent when nobody does. */
  readonly heldUntil?: Date;
}

/**
 * Who may upload with a token now, over all processes. It keeps a second upload from beginning while one is under way; that
 * no two are stored is decided by the commit.
 */
export abstract class UploadReservations {
  /**
   * Takes a token for one holder, and counts an attempt. Of any number at once exactly one has it.
   * @param holder unique to the attempt, at most 40 characters; the same one again is `reserved` and counts nothing, as long
   * as it holds it
   */
  abstract reserve(
    token: Pick<UploadToken, 'id' | 'accountId' | 'purgeAt'>,
    holder: string,
    now: Date,
    bounds: ReservationBounds,
  ): Promise<ReserveOutcome>;

  /**
   * Keeps a reservation for `holdMs` more, also one whose time has passed while nobody else took it.
   * @param receivedBytes since the last time this was told, or since the start
   * @returns false when it is not this holder's any more (then nothing is counted)
   */
  abstract renew(
    token: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    receivedBytes: number,
    now: Date,
    holdMs: number,
  ): Promise<boolean>;

  /**
   * Lets somebody else have it. Nothing happens when it is not this holder's any more.
   * @param receivedBytes since the last {@link renew}, or since the start
   */
  abstract release(token: Pick<UploadToken, 'id' | 'accountId'>, holder: string, receivedBytes: number): Promise<void>;

  /** For lists: of those tokens that were ever reserved, by id. Attempts with a token whose record is gone may be forgotten. */
  abstract look(
    tokens: readonly Pick<UploadToken, 'id' | 'accountId'>[],
    now: Date,
  ): Promise<ReadonlyMap<string, ReservationState>>;
}
