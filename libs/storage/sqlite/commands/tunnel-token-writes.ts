import type { Database } from 'better-sqlite3';
import { SQLITE_LIMITS } from '../limits';
import type { WriteHandlers } from './command';
import type { TunnelTokenRowWrite } from './tunnel-token-command';

export function tunnelTokenWrites(db: Database): WriteHandlers<'tunnelToken.commit' | 'tunnelToken.reseal'> {
  const findVersion = db.prepare<[Uint8Array], number>('SELECT version FROM tunnel_tokens WHERE hash = ?').pluck();
  const insert = db.prepare<[Uint8Array, string, string, string, number]>(
    'INSERT INTO tunnel_tokens (hash, document, key_id, envelope, version) VALUES (?, ?, ?, ?, ?)',
  );
  const replace = db.prepare<[string, number, Uint8Array]>(
    'UPDATE tunnel_tokens SET document = ?, version = ? WHERE hash = ?',
  );
  const remove = db.prepare<[Uint8Array]>('DELETE FROM tunnel_tokens WHERE hash = ?');
  const reseal = db.prepare<[string, string, Uint8Array, string, string]>(
    'UPDATE tunnel_tokens SET key_id = ?, envelope = ? WHERE hash = ? AND key_id = ? AND envelope = ?',
  );
  const noteChange = db.prepare<[Uint8Array]>('INSERT INTO tunnel_token_changes (hash) VALUES (?)');
  const trimChanges = db.prepare<[number]>('DELETE FROM tunnel_token_changes WHERE seq <= ?');

  const changed = (hash: Uint8Array): number => {
    const seq = Number(noteChange.run(hash).lastInsertRowid);
    if (seq % SQLITE_LIMITS.changeLogSlackRows === 0) trimChanges.run(seq - SQLITE_LIMITS.changeLogRows);
    return seq;
  };
  const carryOut = (write: TunnelTokenRowWrite): void => {
    const version = changed(write.hash);
    if (write.kind === 'insert') insert.run(write.hash, write.document, write.keyId, write.envelope, version);
    else if (write.kind === 'replace') replace.run(write.document, version, write.hash);
    else remove.run(write.hash);
  };

  return {
    'tunnelToken.commit': ({ writes }) => {
      const taken = (write: TunnelTokenRowWrite): boolean =>
        write.kind === 'insert' && findVersion.get(write.hash) !== undefined;
      const outdated = (write: TunnelTokenRowWrite): boolean =>
        write.kind !== 'insert' && findVersion.get(write.hash) !== write.version;
      if (writes.some(taken)) return 'duplicate';
      if (writes.some(outdated)) return 'conflict';
      writes.forEach(carryOut);
      return 'done';
    },
    // The value is the same, so nobody needs to be told.
    'tunnelToken.reseal': ({ hash, fromKeyId, fromEnvelope, toKeyId, toEnvelope }) =>
      reseal.run(toKeyId, toEnvelope, hash, fromKeyId, fromEnvelope).changes === 1,
  };
}
