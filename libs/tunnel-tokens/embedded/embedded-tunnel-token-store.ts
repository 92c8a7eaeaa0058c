import type { TunnelTokenRecords, TunnelTokenRecordWrite } from '@tollgate/domain';
import type { TunnelToken, TunnelTokenDocument } from '../tunnel-token';
import {
  type StoredTunnelToken,
  type TunnelTokenCommit,
  TunnelTokenStore,
  type TunnelTokenWrite,
} from '../tunnel-token-store';
import { type EmbeddedTenantTokenSource, textOf } from './embedded-tenant-token-source';
import { hashTunnelToken, sealOwner, type TokenSealer } from './token-sealer';

/** Reads and changes records of the embedded store, and finds tokens by what a source knows. */
export class EmbeddedTunnelTokenStore extends TunnelTokenStore {
  constructor(
    private readonly records: TunnelTokenRecords,
    private readonly sealer: TokenSealer,
    private readonly source: EmbeddedTenantTokenSource,
  ) {
    super();
  }

  override async read(value: string): Promise<StoredTunnelToken | undefined> {
    const record = await this.records.findByHash(hashTunnelToken(value));
    return record === undefined ? undefined : { text: textOf(record.document, value), version: String(record.version) };
  }

  override async commit(writes: readonly TunnelTokenWrite[]): Promise<TunnelTokenCommit> {
    const outcome = await this.records.commit(writes.map((write) => this.toRecordWrite(write)));
    if (outcome === 'done') await this.source.refresh();
    return outcome;
  }

  override async catchUp(): Promise<void> {
    await this.source.refresh();
  }

  override findById(id: string): TunnelToken | undefined {
    return this.source.book.findById(id);
  }

  override listOfAccount(accountId: string): Iterable<TunnelToken> {
    return this.source.book.listOfAccount(accountId);
  }

  override listAll(): readonly TunnelToken[] {
    return this.source.book.listAll();
  }

  private toRecordWrite(write: TunnelTokenWrite): TunnelTokenRecordWrite {
    const hash = hashTunnelToken(write.value);
    if (write.kind === 'delete') return { kind: 'delete', hash, version: Number(write.version) };
    const document = withoutValue(write.text);
    return write.kind === 'insert'
      ? { kind: 'insert', hash, document, sealed: this.sealer.seal(sealOwner(hash), write.value) }
      : { kind: 'replace', hash, document, version: Number(write.version) };
  }
}

function withoutValue(text: string): string {
  const { token: _sealedApart, ...rest } = JSON.parse(text) as TunnelTokenDocument;
  return JSON.stringify(rest);
}
