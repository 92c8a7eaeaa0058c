import { Injectable } from '@nestjs/common';
import { type KickTarget, type Page, type PageRequest, type PresentClient, TollgateError } from '@tollgate/domain';
import type { Caller } from '../../http/caller';
import { TunnelAudit } from '../tunnel-audit.service';
import { type TunnelOwner, auditDataOf } from '../tunnel-owner';
import { TunnelTokensService } from '../tunnel-tokens.service';
import { GatewayLinks } from './gateway-links';

/** How somebody is kicked. */
export interface Kick {
  /** How long a client is refused afterwards. */
  readonly blockSeconds: number;
  /** Closes this proxy and not the client. */
  readonly proxy?: string;
}

/** Who is connected to the gateways. */
@Injectable()
export class TunnelClientsService {
  constructor(
    private readonly links: GatewayLinks,
    private readonly tokens: TunnelTokensService,
    private readonly audit: TunnelAudit,
  ) {}

  /** @throws TollgateError `unavailable`, `not_supported` */
  async list(owner: TunnelOwner, tokenId: string | undefined, page: PageRequest): Promise<Page<PresentClient>> {
    const all = await this.clientsOf(owner);
    const found = tokenId === undefined ? all : all.filter((client) => client.tokenId === tokenId);
    return { items: found.slice(page.offset, page.offset + page.limit), total: found.length };
  }

  /**
   * Has every gateway close the clients with a run id, and refuse them for a while.
   * @throws TollgateError `not_found` for a client of somebody else exactly as for none, `unavailable`, `not_supported`
   */
  async kickClient(owner: TunnelOwner, runId: string, kick: Kick, caller: Caller): Promise<void> {
    const found = (await this.clientsOf(owner)).filter((client) => client.runId === runId);
    // Run ids are each token's own: two tenants may have the same.
    const tokens = new Map(found.map((client) => [client.tokenId, client.accountId]));
    if (tokens.size === 0) throw new TollgateError('not_found', 'tunnel client not found');
    for (const [tokenId, accountId] of tokens) {
      await this.kick(owner, accountId, { tokenId, runId }, kick, caller);
    }
  }

  /**
   * The same with all clients of a token, also with those that nobody sees yet.
   * @throws TollgateError as `TunnelTokensService.find`
   */
  async kickToken(owner: TunnelOwner, tokenId: string, kick: Kick, caller: Caller): Promise<void> {
    const token = await this.tokens.find(owner, tokenId);
    await this.kick(owner, token.accountId, { tokenId: token.id }, kick, caller);
  }

  private async kick(
    owner: TunnelOwner,
    accountId: string | undefined,
    target: KickTarget & { readonly tokenId: string },
    { blockSeconds, proxy }: Kick,
    caller: Caller,
  ): Promise<void> {
    const named = { ...target, ...(proxy === undefined ? {} : { proxy }) };
    await this.links.commands.send({ kind: 'kick', target: named, blockSeconds });
    await this.audit.record({
      action: 'kick_tunnel_client',
      accountId: accountId ?? '',
      resourceId: target.tokenId,
      caller,
      data: {
        ...auditDataOf(owner),
        ...(target.runId === undefined ? {} : { run_id: target.runId }),
        ...(proxy === undefined ? {} : { proxy }),
        block_seconds: blockSeconds,
      },
    });
  }

  private async clientsOf(owner: TunnelOwner): Promise<readonly PresentClient[]> {
    const { presence } = this.links;
    return owner.kind === 'account' ? presence.listClients(owner.accountId) : presence.listClientsAcrossAccounts();
  }
}
