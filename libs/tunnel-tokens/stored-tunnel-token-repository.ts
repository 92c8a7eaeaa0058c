import { DuplicateError, type Page, type PageRequest, TollgateError } from '@tollgate/domain';
import { limitKeyOf } from './limit-key';
import { TUNNEL_TOKEN_LIMITS } from './limits';
import { findFieldErrors, parseTunnelToken, readTunnelToken } from './parse-tunnel-token';
import { newestFirst } from './token-book';
import {
  derivedTunnelTokenId,
  formatTunnelToken,
  isTunnelTokenId,
  type TunnelToken,
  type TunnelTokenDocument,
} from './tunnel-token';
import {
  type RotatedTunnelTokens,
  TunnelTokenRepository,
  type TunnelTokenChanges,
  type TunnelTokenFilter,
  type TunnelTokenRotation,
} from './tunnel-token-repository';
import type { TunnelTokenStore } from './tunnel-token-store';

/** Whose tokens a verb may reach: one account's, or everybody's and nobody's. */
type Scope = { readonly accountId: string } | 'all';

interface Current {
  readonly token: TunnelToken;
  readonly version: string;
}

const ALL: Scope = 'all';

/**
 * Tunnel tokens over a store of single values. A token is found by its id in the index of this process, and then read at
 * the store, whose word counts.
 */
export class StoredTunnelTokenRepository extends TunnelTokenRepository {
  constructor(private readonly store: TunnelTokenStore) {
    super();
  }

  override async insert(document: TunnelTokenDocument): Promise<TunnelToken> {
    const token = accepted(document, document);
    await this.requireNewId(token.id);
    const outcome = await this.store.commit([
      { kind: 'insert', value: token.token, text: formatTunnelToken(document) },
    ]);
    if (outcome !== 'done') throw new DuplicateError('token');
    return token;
  }

  override async findById(accountId: string, tokenId: string): Promise<TunnelToken | undefined> {
    return (await this.find({ accountId }, tokenId))?.token;
  }

  override async findByIdAcrossAccounts(tokenId: string): Promise<TunnelToken | undefined> {
    return (await this.find(ALL, tokenId))?.token;
  }

  override async list(accountId: string, filter: TunnelTokenFilter, page: PageRequest): Promise<Page<TunnelToken>> {
    return cut([...this.store.listOfAccount(accountId)].sort(newestFirst), filter, page);
  }

  override async listAcrossAccounts(filter: TunnelTokenFilter, page: PageRequest): Promise<Page<TunnelToken>> {
    return cut(this.store.listAll(), filter, page);
  }

  override async update(
    accountId: string,
    tokenId: string,
    changes: TunnelTokenChanges,
  ): Promise<TunnelToken | undefined> {
    return this.change({ accountId }, tokenId, changes);
  }

  override async updateAcrossAccounts(tokenId: string, changes: TunnelTokenChanges): Promise<TunnelToken | undefined> {
    return this.change(ALL, tokenId, changes);
  }

  override async delete(accountId: string, tokenId: string): Promise<boolean> {
    return this.remove({ accountId }, tokenId);
  }

  override async deleteAcrossAccounts(tokenId: string): Promise<boolean> {
    return this.remove(ALL, tokenId);
  }

  override async rotate(
    accountId: string,
    tokenId: string,
    rotation: TunnelTokenRotation,
  ): Promise<RotatedTunnelTokens | undefined> {
    return this.replace({ accountId }, tokenId, rotation);
  }

  override async rotateAcrossAccounts(
    tokenId: string,
    rotation: TunnelTokenRotation,
  ): Promise<RotatedTunnelTokens | undefined> {
    return this.replace(ALL, tokenId, rotation);
  }

  override async setSuspended(accountId: string, suspended: boolean): Promise<number> {
    await this.store.catchUp();
    let changed = 0;
    for (const { id } of [...this.store.listOfAccount(accountId)]) {
      const done = await this.attempt({ accountId }, id, async ({ token, version }) => {
        if (token.suspended === suspended) return { result: 0 };
        const after = accepted(merged(token.document, { suspended }), {});
        const write = {
          kind: 'replace',
          value: token.token,
          text: formatTunnelToken(after.document),
          version,
        } as const;
        return (await this.store.commit([write])) === 'done' ? { result: 1 } : undefined;
      });
      changed += done ?? 0;
    }
    return changed;
  }

  private async change(scope: Scope, tokenId: string, changes: TunnelTokenChanges): Promise<TunnelToken | undefined> {
    return this.attempt(scope, tokenId, async ({ token, version }) => {
      const after = accepted(merged(token.document, changes), { ...changes });
      const write = { kind: 'replace', value: token.token, text: formatTunnelToken(after.document), version } as const;
      return (await this.store.commit([write])) === 'done' ? { result: { ...after, id: token.id } } : undefined;
    });
  }

  private async remove(scope: Scope, tokenId: string): Promise<boolean> {
    const removed = await this.attempt(scope, tokenId, async ({ token, version }) => {
      const outcome = await this.store.commit([{ kind: 'delete', value: token.token, version }]);
      return outcome === 'done' ? { result: true } : undefined;
    });
    return removed ?? false;
  }

  private async replace(
    scope: Scope,
    tokenId: string,
    { token: value, id, at, overlapUntil }: TunnelTokenRotation,
  ): Promise<RotatedTunnelTokens | undefined> {
    await this.requireNewId(id);
    return this.attempt(scope, tokenId, async ({ token, version }) => {
      if (token.supersededBy !== undefined) {
        throw new TollgateError('conflict', 'the tunnel token was rotated already');
      }
      const { expiresAt, supersedes: _replacedEarlier, ...settings } = token.document;
      const end =
        token.expiresAt !== undefined && token.expiresAt < overlapUntil ? expiresAt : overlapUntil.toISOString();
      const fresh = accepted(
        {
          ...settings,
          ...(expiresAt !== undefined && { expiresAt }),
          token: value,
          id,
          createdAt: at.toISOString(),
          supersedes: token.id,
          rootId: limitKeyOf(token),
        },
        {},
      );
      const retiring = accepted({ ...token.document, expiresAt: end, supersededBy: id }, {});
      const outcome = await this.store.commit([
        { kind: 'insert', value, text: formatTunnelToken(fresh.document) },
        { kind: 'replace', value: token.token, text: formatTunnelToken(retiring.document), version },
      ]);
      if (outcome === 'duplicate') throw new DuplicateError('token');
      return outcome === 'done' ? { result: { fresh, retiring: { ...retiring, id: token.id } } } : undefined;
    });
  }

  /**
   * Repeats a change on what is stored until nobody got between.
   * @param change answers `undefined` when somebody did
   */
  private async attempt<T>(
    scope: Scope,
    tokenId: string,
    change: (current: Current) => Promise<{ readonly result: T } | undefined>,
  ): Promise<T | undefined> {
    for (let tries = 0; tries < TUNNEL_TOKEN_LIMITS.changeTries; tries += 1) {
      const current = await this.find(scope, tokenId);
      if (current === undefined) return undefined;
      const done = await change(current);
      if (done !== undefined) return done.result;
    }
    throw new TollgateError('conflict', 'the tunnel token is being changed by others; try again');
  }

  private async find(scope: Scope, tokenId: string): Promise<Current | undefined> {
    if (!isTunnelTokenId(tokenId)) return undefined;
    let known = this.store.findById(tokenId);
    if (known === undefined) {
      // Another process may have just made it.
      await this.store.catchUp();
      known = this.store.findById(tokenId);
    }
    if (known === undefined) return undefined;
    const stored = await this.store.read(known.token);
    if (stored === undefined) return undefined;
    const parsed = parseTunnelToken(known.token, stored.text);
    // What is in force, when somebody has broken the value by hand; a change of ours then puts it right.
    const token = parsed.kind === 'token' ? { ...parsed.token, id: known.id } : known;
    if (typeof scope !== 'string' && token.accountId !== scope.accountId) return undefined;
    // Its id was changed by hand since; unless it goes by a derived one because that is another token's.
    const renamed = parsed.kind === 'token' && parsed.token.id !== known.id;
    if (renamed && known.id !== derivedTunnelTokenId(known.token)) return undefined;
    return { token, version: stored.version };
  }

  private async requireNewId(id: string): Promise<void> {
    if (this.store.findById(id) !== undefined) throw new DuplicateError('id');
  }
}

/**
 * @param checked what is asked for anew, and must be right in every field; what is stored may be as somebody wrote it
 * @throws TollgateError `invalid_request` with the first wrong field
 */
function accepted(document: TunnelTokenDocument, checked: TunnelTokenDocument): TunnelToken {
  const [wrong] = findFieldErrors(checked);
  if (wrong !== undefined) throw new TollgateError('invalid_request', `${wrong.field} ${wrong.reason}`);
  if (Buffer.byteLength(formatTunnelToken(document)) > TUNNEL_TOKEN_LIMITS.documentBytes) {
    throw new TollgateError('invalid_request', 'the tunnel token is too long');
  }
  const value = document['token'];
  const parsed = readTunnelToken(typeof value === 'string' ? value : '', document);
  if (parsed.kind === 'token') return parsed.token;
  throw new TollgateError('invalid_request', `${parsed.field} ${parsed.reason}`);
}

function merged(document: TunnelTokenDocument, changes: TunnelTokenChanges): TunnelTokenDocument {
  const entries = Object.entries({ ...document, ...changes });
  return Object.fromEntries(
    entries.filter(([field, value]) => !(field in changes && (value === null || value === undefined))),
  );
}

function cut(
  tokens: readonly TunnelToken[],
  { search }: TunnelTokenFilter,
  { limit, offset }: PageRequest,
): Page<TunnelToken> {
  const part = search?.toLowerCase();
  const found =
    part === undefined
      ? tokens
      : tokens.filter(({ id, description }) => `${id}\n${description}`.toLowerCase().includes(part));
  return { items: found.slice(offset, offset + limit), total: found.length };
}
