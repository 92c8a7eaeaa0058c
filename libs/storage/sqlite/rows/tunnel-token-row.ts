import type { TunnelTokenRecord } from '@tollgate/domain';

/** A tunnel token as its table has it; also the form in which it crosses from the writer thread. */
export interface TunnelTokenRow {
  readonly hash: Uint8Array;
  readonly document: string;
  readonly key_id: string;
  readonly envelope: string;
  readonly version: number;
}

/** The columns of {@link TunnelTokenRow}, for SELECT. */
export const TUNNEL_TOKEN_COLUMNS = 'hash, document, key_id, envelope, version';

export function toTunnelTokenRecord(row: TunnelTokenRow): TunnelTokenRecord {
  return {
    hash: Buffer.from(row.hash),
    document: row.document,
    sealed: { keyId: row.key_id, envelope: row.envelope },
    version: row.version,
  };
}
