import { Blocks } from '../control/blocks';
import { PortBook } from '../ports/port-book';
import type { PortWish } from '../ports/port-desk';
import { ConnectionShares } from './connection-shares';
import { type ProxyClaim, type ProxyClash, ProxyLedger } from './proxy-ledger';
import { type AdmissionDecision, type SessionClaim, SessionLedger, type SessionName } from './session-ledger';

export type PortKind = 'tcp' | 'udp';

/** `blocked`: an operator has closed it. `gone`: the session is over, or was replaced. */
export type ProxyRefusal = ProxyClash | 'blocked' | 'gone';

/**
 * What is limited or unique over all processes of a gateway, and who of them has what: clients, the names and ports of proxies, users, and
 * what operators have sent away.
 */
export class GatewayLedger {
  readonly blocks: Blocks;
  readonly sessions: SessionLedger;
  readonly proxies = new ProxyLedger();
  readonly connections = new ConnectionShares();
  private readonly books: Readonly<Record<PortKind, PortBook>>;
  /** Ports of each member, with their owners. */
  private readonly ports = new Map<number, Map<string, { readonly kind: PortKind; owner: string; port: number }>>();

  /**
   * @param nowMs monotone milliseconds
   * @param wallClockMs milliseconds since the Unix epoch
   */
  constructor(nowMs: () => number, wallClockMs: () => number) {
    this.blocks = new Blocks(nowMs);
    this.sessions = new SessionLedger(this.blocks);
    this.books = { tcp: new PortBook(wallClockMs), udp: new PortBook(wallClockMs) };
  }

  admit(member: number, claim: SessionClaim): AdmissionDecision {
    return this.sessions.admit(member, claim);
  }

  /** The session is over, and so is what it had but for ports, which are released one by one. */
  leave(name: SessionName): void {
    this.proxies.releaseAll(name);
    this.sessions.leave(name);
  }

  /** @returns why the proxy can't be had; `undefined` when it is had from now on */
  claimProxy(session: SessionName, claim: ProxyClaim): ProxyRefusal | undefined {
    if (this.blocks.isBlocked({ tokenId: claim.tokenId, proxy: claim.name })) return 'blocked';
    if (!this.sessions.has(session)) return 'gone';
    return this.proxies.claim(session, claim);
  }

  releaseProxy(session: SessionName, name: string): void {
    this.proxies.release(session, name);
  }

  /** @throws PortRefusedError */
  reservePort(member: number, kind: PortKind, wish: PortWish): number {
    const port = this.books[kind].reserve(wish);
    let ofMember = this.ports.get(member);
    if (ofMember === undefined) {
      ofMember = new Map();
      this.ports.set(member, ofMember);
    }
    ofMember.set(portKey(kind, port), { kind, owner: wish.owner, port });
    return port;
  }

  settlePort(member: number, kind: PortKind, wish: PortWish, port: number, isListening: boolean): void {
    if (this.ports.get(member)?.has(portKey(kind, port)) !== true) return;
    this.books[kind].settle(wish, port, isListening);
    if (!isListening) this.ports.get(member)?.delete(portKey(kind, port));
  }

  releasePort(member: number, kind: PortKind, owner: string, port: number): void {
    if (this.ports.get(member)?.delete(portKey(kind, port)) === true) this.books[kind].release(owner, port);
  }

  /** Forgets ports that have been free for long. To be called now and then. */
  sweep(): void {
    for (const book of Object.values(this.books)) book.sweep();
  }

  /** The process has ended, and everything that it had is free. @returns tokens whose users are to be dealt out anew */
  dropMember(member: number): readonly string[] {
    for (const session of this.sessions.listOf(member)) this.leave(session);
    for (const { kind, owner, port } of [...(this.ports.get(member)?.values() ?? [])]) {
      this.releasePort(member, kind, owner, port);
    }
    this.ports.delete(member);
    return this.connections.dropMember(member);
  }
}

function portKey(kind: PortKind, port: number): string {
  return `${kind} ${String(port)}`;
}
