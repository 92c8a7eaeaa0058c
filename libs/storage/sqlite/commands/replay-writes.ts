import type { Database } from 'better-sqlite3';
import type { WriteHandlers } from './command';

interface Claim {
  readonly key: Uint8Array;
  readonly nowMs: number;
  readonly expiresAtMs: number;
}

export function replayWrites(db: Database): WriteHandlers<'replay.claim' | 'replay.release' | 'replay.purge'> {
  const claim = db.prepare<[Claim]>(
    `INSERT INTO used_keys (key, expires_at) VALUES (@key, @expiresAtMs)
     ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE used_keys.expires_at <= @nowMs`,
  );
  const release = db.prepare<[Uint8Array]>('DELETE FROM used_keys WHERE key = ?');
  const purge = db.prepare<[number, number]>(
    `DELETE FROM used_keys WHERE key IN
       (SELECT key FROM used_keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  );
  return {
    'replay.claim': (input) => claim.run(input).changes === 1,
    'replay.release': ({ key }) => {
      release.run(key);
      return null;
    },
    'replay.purge': ({ nowMs, limit }) => purge.run(nowMs, limit).changes,
  };
}
