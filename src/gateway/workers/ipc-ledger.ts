import type { Blocked } from '../control/blocks';
import type { ConnectionUse } from '../ledger/connection-shares';
import type { PortKind, ProxyRefusal } from '../ledger/gateway-ledger';
import type { ConnectionLimit, LedgerAccess, WantedProxy } from '../ledger/ledger-access';
import type { Admission, SessionClaim } from '../ledger/session-ledger';
import { PortDesk, PortRefusedError, type PortWish } from '../ports/port-desk';
import type { Ticking } from '../ticker';
import type { GatewayLink } from './gateway-link';
import { LEDGER_ANSWER_MS, USES_INTERVAL_MS } from './limits';

/** Users of one token here, and of those that it was rotated from or to. */
interface TenantUsers {
  readonly connections: () => number;
  readonly max: () => number;
  proxies: number;
  share: number;
  isHungry: boolean;
  /** Kept only until the primary has taken the share back. */
  isForgotten: boolean;
}

/** The ledger of a worker: it is in the primary. */
export class IpcLedger implements LedgerAccess, Ticking {
  /** By `limitKeyOf`. */
  private readonly users = new Map<string, TenantUsers>();
  /** By session, and there by name. */
  private readonly proxies = new Map<number, Map<string, string>>();
  private toldMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly link: GatewayLink) {
    link.listen('share', ({ limitKey, share }) => {
      const users = this.users.get(limitKey);
      if (users !== undefined) users.share = share;
    });
    link.answer('shrink', ({ limitKey, share }) => {
      const users = this.users.get(limitKey);
      if (users === undefined) return { used: 0 };
      users.share = share;
      return { used: users.connections() };
    });
  }

  admit(claim: SessionClaim): Promise<Admission> {
    return this.link.ask('admit', claim, LEDGER_ANSWER_MS);
  }

  leave(session: number): void {
    for (const name of [...(this.proxies.get(session)?.keys() ?? [])]) this.forgetProxy(session, name);
    void this.link.tell('leave', { session });
  }

  onReplaced(close: (session: number) => void): void {
    this.link.answer('replace', (session) => {
      close(session);
      return null;
    });
  }

  async claimProxy(session: number, claim: WantedProxy): Promise<ProxyRefusal | undefined> {
    const refusal = await this.link.ask('claim-proxy', { session, claim }, LEDGER_ANSWER_MS);
    if (refusal !== null) return refusal;
    let ofSession = this.proxies.get(session);
    if (ofSession === undefined) {
      ofSession = new Map();
      this.proxies.set(session, ofSession);
    }
    ofSession.set(claim.name, claim.limitKey);
    const users = this.users.get(claim.limitKey);
    if (users !== undefined) users.proxies += 1;
    return undefined;
  }

  releaseProxy(session: number, name: string): void {
    this.forgetProxy(session, name);
    void this.link.tell('release-proxy', { session, name });
  }

  block(blocked: Blocked, seconds: number): void {
    void this.link.tell('block', { blocked, seconds });
  }

  ports(kind: PortKind): PortDesk {
    return new IpcPorts(this.link, kind);
  }

  limitConnections(limitKey: string, connections: () => number, max: () => number): ConnectionLimit {
    // What the primary has given, it counts as given.
    const share = this.users.get(limitKey)?.share ?? 0;
    const users: TenantUsers = { connections, max, proxies: 0, share, isHungry: false, isForgotten: false };
    this.users.set(limitKey, users);
    return {
      of: (most) => Math.min(most, users.share),
      refused: () => {
        const wasHungry = users.isHungry;
        users.isHungry = true;
        // Others may have some to spare, which is not to wait for the next look.
        if (!wasHungry) this.tellUses([useOf(limitKey, users)]);
      },
      forget: () => {
        users.isForgotten = true;
      },
    };
  }

  tick(nowMs: number): void {
    if (nowMs - this.toldMs < USES_INTERVAL_MS) return;
    this.toldMs = nowMs;
    const uses = [...this.users].flatMap(([limitKey, users]) =>
      users.max() > 0 || users.share > 0 ? [useOf(limitKey, users)] : [],
    );
    for (const [limitKey, users] of this.users) {
      users.isHungry = false;
      if (users.isForgotten && users.share === 0) this.users.delete(limitKey);
    }
    this.tellUses(uses);
  }

  private tellUses(uses: readonly ConnectionUse[]): void {
    if (uses.length > 0) void this.link.tell('uses', uses);
  }

  private forgetProxy(session: number, name: string): void {
    const ofSession = this.proxies.get(session);
    const limitKey = ofSession?.get(name);
    if (ofSession === undefined || limitKey === undefined) return;
    ofSession.delete(name);
    if (ofSession.size === 0) this.proxies.delete(session);
    const users = this.users.get(limitKey);
    if (users !== undefined) users.proxies -= 1;
  }
}

class IpcPorts extends PortDesk {
  constructor(
    private readonly link: GatewayLink,
    private readonly kind: PortKind,
  ) {
    super();
  }

  override async reserve(wish: PortWish): Promise<number> {
    const answer = await this.link.ask('reserve-port', { kind: this.kind, wish }, LEDGER_ANSWER_MS);
    if ('refusal' in answer) throw new PortRefusedError(answer.refusal);
    return answer.port;
  }

  override settle(wish: PortWish, port: number, isListening: boolean): void {
    void this.link.tell('settle-port', { kind: this.kind, wish, port, isListening });
  }

  override release(owner: string, port: number): void {
    void this.link.tell('release-port', { kind: this.kind, owner, port });
  }
}

function useOf(limitKey: string, { connections, max, proxies, isHungry }: TenantUsers): ConnectionUse {
  return { limitKey, max: max(), used: connections(), isHungry, isServing: proxies > 0 };
}
