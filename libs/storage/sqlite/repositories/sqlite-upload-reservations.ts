import {
  type ReservationBounds,
  type ReservationState,
  type ReserveOutcome,
  UploadReservations,
  type UploadToken,
} from '@tollgate/domain';
import type { SqliteReader } from '../sqlite-reader';
import type { GroupCommitWriter } from '../writer/group-commit-writer';

interface StateRow {
  readonly attempts: number;
  readonly received_bytes: number;
  readonly held_until: number | null;
}

const LOOK = `
  SELECT attempts, received_bytes, held_until FROM upload_tokens WHERE id = ? AND account_id = ? AND attempts > 0`;

/** Reservations in the embedded store, one writer for all processes. A token must have been inserted before. */
export class SqliteUploadReservations extends UploadReservations {
  constructor(
    private readonly reader: SqliteReader,
    private readonly writer: GroupCommitWriter,
  ) {
    super();
  }

  /** A token that is gone answers `spent`. */
  override async reserve(
    { id: tokenId, accountId }: Pick<UploadToken, 'id' | 'accountId' | 'purgeAt'>,
    holder: string,
    now: Date,
    bounds: ReservationBounds,
  ): Promise<ReserveOutcome> {
    return this.writer.submit({
      verb: 'uploadReservation.reserve',
      input: { accountId, tokenId, holder, nowMs: now.getTime(), ...bounds },
    });
  }

  override async renew(
    { id: tokenId, accountId }: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    receivedBytes: number,
    now: Date,
    holdMs: number,
  ): Promise<boolean> {
    return this.writer.submit({
      verb: 'uploadReservation.renew',
      input: { accountId, tokenId, holder, receivedBytes, heldUntilMs: now.getTime() + holdMs },
    });
  }

  override async release(
    { id: tokenId, accountId }: Pick<UploadToken, 'id' | 'accountId'>,
    holder: string,
    receivedBytes: number,
  ): Promise<void> {
    await this.writer.submit({
      verb: 'uploadReservation.release',
      input: { accountId, tokenId, holder, receivedBytes },
    });
  }

  override async look(
    tokens: readonly Pick<UploadToken, 'id' | 'accountId'>[],
    now: Date,
  ): Promise<ReadonlyMap<string, ReservationState>> {
    const states = new Map<string, ReservationState>();
    for (const { id, accountId } of tokens) {
      const row = this.reader.get(LOOK, id, accountId) as StateRow | undefined;
      if (row !== undefined) states.set(id, toState(row, now));
    }
    return states;
  }
}

function toState(
  { attempts, received_bytes: receivedBytes, held_until: heldUntil }: StateRow,
  now: Date,
): ReservationState {
  return {
    attempts,
    receivedBytes,
    ...(heldUntil !== null && heldUntil > now.getTime() && { heldUntil: new Date(heldUntil) }),
  };
}
