import type { Database } from 'better-sqlite3';
import type { WriteHandlers } from './command';
import type { Reservation } from './upload-command';

interface ReservationRow {
  readonly attempts: number;
  readonly received_bytes: number;
  readonly holder: string | null;
  readonly held_until: number | null;
}

type ReservationVerb = 'uploadReservation.reserve' | 'uploadReservation.renew' | 'uploadReservation.release';

/** Reservations are columns of their token's row: what is reserved goes with the token. */
export function uploadReservationWrites(db: Database): WriteHandlers<ReservationVerb> {
  const find = db.prepare<[string, string], ReservationRow>(
    'SELECT attempts, received_bytes, holder, held_until FROM upload_tokens WHERE id = ? AND account_id = ?',
  );
  const hold = db.prepare<[Reservation & { readonly counted: number }]>(
    `UPDATE upload_tokens SET holder = @holder, held_until = @nowMs + @holdMs, attempts = attempts + @counted
     WHERE id = @tokenId`,
  );
  const renew = db.prepare<[number, number, string, string, string]>(
    `UPDATE upload_tokens SET held_until = ?, received_bytes = received_bytes + ?
     WHERE id = ? AND account_id = ? AND holder = ?`,
  );
  const release = db.prepare<[number, string, string, string]>(
    `UPDATE upload_tokens SET holder = NULL, held_until = NULL, received_bytes = received_bytes + ?
     WHERE id = ? AND account_id = ? AND holder = ?`,
  );
  return {
    'uploadReservation.reserve': (wanted) => {
      const row = find.get(wanted.tokenId, wanted.accountId);
      // A token that is gone has no attempts left.
      if (row === undefined) return { kind: 'spent' };
      if (row.held_until !== null && row.held_until > wanted.nowMs) {
        if (row.holder !== wanted.holder) return { kind: 'held', until: new Date(row.held_until) };
        hold.run({ ...wanted, counted: 0 });
        return { kind: 'reserved' };
      }
      if (row.attempts >= wanted.maxAttempts || row.received_bytes >= wanted.maxReceivedBytes) return { kind: 'spent' };
      hold.run({ ...wanted, counted: 1 });
      return { kind: 'reserved' };
    },
    'uploadReservation.renew': ({ accountId, tokenId, holder, receivedBytes, heldUntilMs }) =>
      renew.run(heldUntilMs, receivedBytes, tokenId, accountId, holder).changes === 1,
    'uploadReservation.release': ({ accountId, tokenId, holder, receivedBytes }) => {
      release.run(receivedBytes, tokenId, accountId, holder);
      return null;
    },
  };
}
