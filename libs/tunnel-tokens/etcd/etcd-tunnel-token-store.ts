import { TollgateError } from '@tollgate/domain';
import type { ICompare, IRequestOp } from 'etcd3';
import { TUNNEL_TOKEN_LIMITS } from '../limits';
import type { TunnelToken } from '../tunnel-token';
import {
  type StoredTunnelToken,
  type TunnelTokenCommit,
  TunnelTokenStore,
  type TunnelTokenWrite,
} from '../tunnel-token-store';
import type { EtcdSession } from './etcd-session';
import type { EtcdTenantTokenSource } from './etcd-tenant-token-source';

/** Reads and changes keys of etcd over the connection of a source, and finds tokens by what that knows. */
export class EtcdTunnelTokenStore extends TunnelTokenStore {
  constructor(private readonly source: EtcdTenantTokenSource) {
    super();
  }

  override async read(value: string): Promise<StoredTunnelToken | undefined> {
    const { kvs } = await this.ask((session) => session.range({ key: this.source.range.keyOf(value) }));
    const [kv] = kvs;
    return kv === undefined ? undefined : { text: kv.value.toString('utf8'), version: kv.mod_revision };
  }

  override async commit(writes: readonly TunnelTokenWrite[]): Promise<TunnelTokenCommit> {
    const answer = await this.ask((session) =>
      session.txn({
        compare: writes.map((write) => this.condition(write)),
        success: writes.map((write) => this.operation(write)),
        failure: writes
          .filter(({ kind }) => kind === 'insert')
          .map(({ value }) => ({ request_range: { key: this.source.range.keyOf(value), count_only: true } })),
      }),
    );
    if (!answer.succeeded) {
      const taken = answer.responses.some(({ response_range: found }) => Number(found.count) > 0);
      return taken ? 'duplicate' : 'conflict';
    }
    await this.source.untilSeen(Number(answer.header.revision), TUNNEL_TOKEN_LIMITS.seenMs);
    return 'done';
  }

  override async catchUp(): Promise<void> {
    const { start, end } = this.source.range;
    const { kvs } = await this.ask((session) =>
      session.range({
        key: start,
        range_end: end,
        min_mod_revision: this.source.revision + 1,
        keys_only: true,
        limit: 1,
        sort_target: 'Mod',
        sort_order: 'Descend',
      }),
    );
    const [newest] = kvs;
    if (newest !== undefined) await this.source.untilSeen(Number(newest.mod_revision), TUNNEL_TOKEN_LIMITS.seenMs);
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

  private condition(write: TunnelTokenWrite): ICompare {
    const key = this.source.range.keyOf(write.value);
    return write.kind === 'insert'
      ? { key, target: 'Create', result: 'Equal', create_revision: 0 }
      : { key, target: 'Mod', result: 'Equal', mod_revision: write.version };
  }

  private operation(write: TunnelTokenWrite): IRequestOp {
    const key = this.source.range.keyOf(write.value);
    if (write.kind === 'delete') return { request_delete_range: { key } };
    return { request_put: { key, value: Buffer.from(write.text) } };
  }

  private async ask<T>(question: (session: EtcdSession) => Promise<T>): Promise<T> {
    const session = this.source.liveSession;
    if (session === undefined) throw unavailable();
    try {
      return await question(session);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(cause?: unknown): TollgateError {
  return new TollgateError('unavailable', 'the tunnel token store is unavailable', {
    retryAfterSeconds: 1,
    ...(cause !== undefined && { cause }),
  });
}
