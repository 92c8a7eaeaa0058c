import { Injectable } from '@nestjs/common';
import {
  AccountRepository,
  type AuditAction,
  type AuditData,
  Clock,
  type Page,
  type PageRequest,
  TollgateError,
} from '@tollgate/domain';
import {
  type RotatedTunnelTokens,
  type TunnelToken,
  type TunnelTokenFilter,
  newTunnelTokenId,
  newTunnelTokenValue,
} from '@tollgate/tunnel-tokens';
import type { Caller } from '../http/caller';
import { ManagedTunnelTokens } from './managed-tunnel-tokens';
import { TunnelAudit } from './tunnel-audit.service';
import { type TunnelFieldValues, toSettings } from './tunnel-fields';
import { type TunnelOwner, auditDataOf } from './tunnel-owner';
import { TunnelPolicy } from './tunnel-policy';

const SECOND_MS = 1_000;
const COUNT_ONLY: PageRequest = { limit: 0, offset: 0 };

/** Tunnel tokens of accounts, and of nobody. The value of one is in `token` of what {@link create} and {@link rotate} return. */
@Injectable()
export class TunnelTokensService {
  constructor(
    private readonly managed: ManagedTunnelTokens,
    private readonly accounts: AccountRepository,
    private readonly policy: TunnelPolicy,
    private readonly audit: TunnelAudit,
    private readonly clock: Clock,
  ) {}

  /**
   * @param accountId whose it is to be; `undefined`: nobody's
   * @throws TollgateError `conflict` when the account has as many as it may, `not_found` when there is no such account,
   * `account_suspended` when it is suspended by now, `invalid_request`, `permission_denied`, `unavailable`
   */
  async create(
    owner: TunnelOwner,
    accountId: string | undefined,
    fields: TunnelFieldValues,
    caller: Caller,
  ): Promise<TunnelToken> {
    const { repository } = this.managed;
    if (owner.kind === 'account') {
      this.policy.checkMayCreate();
      this.policy.checkFields(fields);
    }
    const settings = { region: this.policy.defaultRegion, enabled: true, ...withoutNulls(toSettings(fields)) };
    if (settings.region === undefined) throw new TollgateError('invalid_request', 'region: is required');
    const now = this.clock.now();
    this.checkExpiry(fields, now);
    if (accountId !== undefined) {
      if ((await this.accounts.findById(accountId)) === undefined) throw accountNotFound();
      if ((await this.countOf(accountId)) >= this.policy.maxTokens) throw this.tooMany();
    }
    const token = await repository.insert({
      token: newTunnelTokenValue(),
      id: newTunnelTokenId(),
      ...(accountId === undefined ? {} : { accountId }),
      ...settings,
      createdAt: now.toISOString(),
    });
    if (accountId !== undefined) {
      await this.undoUnlessWelcome(
        accountId,
        token,
        async () => (await this.countOf(accountId)) > this.policy.maxTokens,
      );
    }
    await this.record('create_tunnel_token', owner, token, caller, { ...toGiven(fields) });
    return token;
  }

  list(
    owner: TunnelOwner,
    filter: TunnelTokenFilter & { readonly accountId?: string },
    page: PageRequest,
  ): Promise<Page<TunnelToken>> {
    const { repository } = this.managed;
    const accountId = owner.kind === 'account' ? owner.accountId : filter.accountId;
    return accountId === undefined
      ? repository.listAcrossAccounts(filter, page)
      : repository.list(accountId, filter, page);
  }

  /** @throws TollgateError `not_found` for a token of somebody else exactly as for none, `unavailable` */
  async find(owner: TunnelOwner, tokenId: string): Promise<TunnelToken> {
    const { repository } = this.managed;
    return orNotFound(
      await (owner.kind === 'account'
        ? repository.findById(owner.accountId, tokenId)
        : repository.findByIdAcrossAccounts(tokenId)),
    );
  }

  /**
   * Applies to the next proxy of a connected client; a token that is disabled cuts its clients off at once.
   * @param fields those that change; `null` takes one away
   * @throws TollgateError as {@link find}; `permission_denied`, `conflict` when others keep changing it
   */
  async update(owner: TunnelOwner, tokenId: string, fields: TunnelFieldValues, caller: Caller): Promise<TunnelToken> {
    const { repository } = this.managed;
    this.checkExpiry(fields, this.clock.now());
    if (owner.kind === 'account') this.policy.checkFields(fields);
    const changes = toSettings(fields);
    const token = orNotFound(
      await (owner.kind === 'account'
        ? repository.update(owner.accountId, tokenId, changes)
        : repository.updateAcrossAccounts(tokenId, changes)),
    );
    await this.record('update_tunnel_token', owner, token, caller, { ...toGiven(fields) });
    return token;
  }

  /**
   * Makes a token with the settings of an old one, which ends after the overlap.
   * @throws TollgateError as {@link find}; `conflict` for one that was rotated already, or when the account has too many
   * that still retire
   */
  async rotate(
    owner: TunnelOwner,
    tokenId: string,
    overlapSeconds: number,
    caller: Caller,
  ): Promise<RotatedTunnelTokens> {
    const { repository } = this.managed;
    const { accountId } = await this.find(owner, tokenId);
    if (accountId !== undefined && (await this.countOf(accountId)) >= 2 * this.policy.maxTokens) throw this.tooMany();
    const at = this.clock.now();
    const rotation = {
      token: newTunnelTokenValue(),
      id: newTunnelTokenId(),
      at,
      overlapUntil: new Date(at.getTime() + overlapSeconds * SECOND_MS),
    };
    const rotated = orNotFound(
      await (owner.kind === 'account'
        ? repository.rotate(owner.accountId, tokenId, rotation)
        : repository.rotateAcrossAccounts(tokenId, rotation)),
    );
    // A suspension may have come between, and not have seen the new one.
    if (accountId !== undefined && !(await this.isActive(accountId))) await repository.setSuspended(accountId, true);
    const data = { new_token_id: rotated.fresh.id, overlap_seconds: overlapSeconds };
    await this.record('rotate_tunnel_token', owner, rotated.retiring, caller, data);
    return rotated;
  }

  /**
   * Its clients are cut off at once.
   * @throws TollgateError as {@link find}
   */
  async delete(owner: TunnelOwner, tokenId: string, caller: Caller): Promise<void> {
    const { repository } = this.managed;
    // For the audit trail: whose it was.
    const token = await this.find(owner, tokenId);
    const deleted = await (owner.kind === 'account'
      ? repository.delete(owner.accountId, tokenId)
      : repository.deleteAcrossAccounts(tokenId));
    if (!deleted) throw tunnelTokenNotFound();
    await this.record('delete_tunnel_token', owner, token, caller, {});
  }

  private checkExpiry({ expires_at: wanted }: TunnelFieldValues, now: Date): void {
    if (typeof wanted === 'string' && new Date(wanted) <= now) {
      throw new TollgateError('invalid_request', 'expires_at: must be in the future');
    }
  }

  /** Two requests, or a suspension, may have got between the look at the account and the write: then it is taken back. */
  private async undoUnlessWelcome(
    accountId: string,
    token: TunnelToken,
    isTooMany: () => Promise<boolean>,
  ): Promise<void> {
    const suspended = !(await this.isActive(accountId));
    if (!suspended && !(await isTooMany())) return;
    await this.managed.repository.delete(accountId, token.id);
    throw suspended ? new TollgateError('account_suspended', 'account suspended') : this.tooMany();
  }

  private async isActive(accountId: string): Promise<boolean> {
    return (await this.accounts.findById(accountId))?.status === 'active';
  }

  private async countOf(accountId: string): Promise<number> {
    return (await this.managed.repository.list(accountId, {}, COUNT_ONLY)).total;
  }

  private tooMany(): TollgateError {
    return new TollgateError(
      'conflict',
      `the account has as many tunnel tokens as it may have (${String(this.policy.maxTokens)})`,
    );
  }

  private async record(
    action: AuditAction,
    owner: TunnelOwner,
    token: TunnelToken,
    caller: Caller,
    data: AuditData,
  ): Promise<void> {
    const all = { ...auditDataOf(owner), ...data };
    await this.audit.record({
      action,
      accountId: token.accountId ?? '',
      resourceId: token.id,
      caller,
      ...(Object.keys(all).length === 0 ? {} : { data: all }),
    });
  }
}

/** Said of a token of somebody else exactly as of none. */
export function tunnelTokenNotFound(): TollgateError {
  return new TollgateError('not_found', 'tunnel token not found');
}

function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw tunnelTokenNotFound();
  return found;
}

function accountNotFound(): TollgateError {
  return new TollgateError('not_found', 'account not found');
}

function withoutNulls(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function toGiven(fields: TunnelFieldValues): AuditData {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
