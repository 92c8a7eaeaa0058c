import type { Database } from 'better-sqlite3';
import type { WriteHandlers } from './command';

interface TokenRow {
  readonly token_id: string;
  readonly account_id: string;
}

interface DayRow extends TokenRow {
  readonly day: number;
  readonly proxy: string;
  readonly in_bytes: number;
  readonly out_bytes: number;
}

export function trafficWrites(db: Database): WriteHandlers<'traffic.add' | 'traffic.purge'> {
  const findKey = db.prepare<[Uint8Array], Buffer>('SELECT fingerprint FROM traffic_keys WHERE hash = ?').pluck();
  const addKey = db.prepare<[Uint8Array, Uint8Array, number]>(
    'INSERT INTO traffic_keys (hash, fingerprint, at) VALUES (?, ?, ?)',
  );
  const findToken = db.prepare<[Uint8Array], TokenRow>(
    'SELECT token_id, account_id FROM traffic_tokens WHERE hash = ?',
  );
  const keepToken = db.prepare<[Uint8Array, string, string, string]>(
    `INSERT INTO traffic_tokens (hash, token_id, account_id, root_id) VALUES (?, ?, ?, ?)
     ON CONFLICT (hash) DO UPDATE
     SET token_id = excluded.token_id, account_id = excluded.account_id, root_id = excluded.root_id
     WHERE token_id <> excluded.token_id OR account_id <> excluded.account_id OR root_id <> excluded.root_id`,
  );
  const addDay = db.prepare<[DayRow]>(
    `INSERT INTO traffic_days (token_id, account_id, day, proxy, in_bytes, out_bytes)
     VALUES (@token_id, @account_id, @day, @proxy, @in_bytes, @out_bytes)
     ON CONFLICT (token_id, account_id, day, proxy) DO UPDATE SET
       in_bytes = in_bytes + excluded.in_bytes, out_bytes = out_bytes + excluded.out_bytes`,
  );
  const purgeKeys = db.prepare<[number, number]>(
    'DELETE FROM traffic_keys WHERE hash IN (SELECT hash FROM traffic_keys WHERE at < ? ORDER BY at LIMIT ?)',
  );
  const purgeDays = db.prepare<[number, number]>(
    `DELETE FROM traffic_days WHERE (token_id, account_id, day, proxy) IN
       (SELECT token_id, account_id, day, proxy FROM traffic_days WHERE day < ? ORDER BY day LIMIT ?)`,
  );
  return {
    'traffic.add': (report) => {
      const { tokenHash, tokenId, accountId, rootId, isKnownToken, proxy, inBytes, outBytes, day, key, atMs } = report;
      if (key !== null) {
        const fingerprint = findKey.get(key.hash);
        if (fingerprint !== undefined) return fingerprint.equals(key.fingerprint) ? 'repeated' : 'conflict';
        addKey.run(key.hash, key.fingerprint, atMs);
      }
      const given: TokenRow = { token_id: tokenId, account_id: accountId };
      if (isKnownToken) keepToken.run(tokenHash, tokenId, accountId, rootId);
      const { token_id, account_id } = isKnownToken ? given : (findToken.get(tokenHash) ?? given);
      addDay.run({ token_id, account_id, day, proxy, in_bytes: inBytes, out_bytes: outBytes });
      return 'counted';
    },
    'traffic.purge': ({ keysBeforeMs, beforeDay, limit }) =>
      purgeKeys.run(keysBeforeMs, limit).changes + purgeDays.run(beforeDay, limit).changes,
  };
}
