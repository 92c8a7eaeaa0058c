import { type SessionName, keyOf } from './session-ledger';

/** What a new proxy asks for. */
export interface ProxyClaim {
  readonly tokenId: string;
  /** What ports and proxies are counted by, see `limitKeyOf`. */
  readonly limitKey: string;
  readonly name: string;
  /** Ports that it takes. */
  readonly ports: number;
  /** Ports that the token's clients may have together; 0: any number. */
  readonly maxPorts: number;
  /** The same of proxies. */
  readonly maxProxies: number;
}

/** `exists`: the tenant has a proxy of this name. `ports`, `proxies`: the token has as many as it may. */
export type ProxyClash = 'exists' | 'ports' | 'proxies';

/** The proxies of all clients: names and counts are kept for each token, so that no tenant is in another's way. */
export class ProxyLedger {
  private readonly names = new Set<string>();
  private readonly ports = new Map<string, number>();
  private readonly proxies = new Map<string, number>();
  /** By session, and there by name. */
  private readonly claims = new Map<string, Map<string, ProxyClaim>>();

  get count(): number {
    return this.names.size;
  }

  /** @returns why it can't be had; `undefined` when it is had from now on */
  claim(session: SessionName, claim: ProxyClaim): ProxyClash | undefined {
    const { limitKey, name, ports, maxPorts, maxProxies } = claim;
    const proxies = this.proxies.get(limitKey) ?? 0;
    if (proxies >= maxProxies) return 'proxies';
    const used = this.portsOf(limitKey);
    if (ports > 0 && maxPorts > 0 && used + ports > maxPorts) return 'ports';
    if (this.names.has(nameKey(claim))) return 'exists';
    this.names.add(nameKey(claim));
    this.proxies.set(limitKey, proxies + 1);
    if (ports > 0) this.ports.set(limitKey, used + ports);
    let ofSession = this.claims.get(keyOf(session));
    if (ofSession === undefined) {
      ofSession = new Map();
      this.claims.set(keyOf(session), ofSession);
    }
    ofSession.set(name, claim);
    return undefined;
  }

  /** Nothing happens when the session doesn't have it. */
  release(session: SessionName, name: string): void {
    const ofSession = this.claims.get(keyOf(session));
    const claim = ofSession?.get(name);
    if (ofSession === undefined || claim === undefined) return;
    ofSession.delete(name);
    if (ofSession.size === 0) this.claims.delete(keyOf(session));
    this.names.delete(nameKey(claim));
    take(this.ports, claim.limitKey, claim.ports);
    take(this.proxies, claim.limitKey, 1);
  }

  /** The session is over. */
  releaseAll(session: SessionName): void {
    for (const name of [...(this.claims.get(keyOf(session))?.keys() ?? [])]) this.release(session, name);
  }

  /** Ports of a token. @param limitKey see `limitKeyOf` */
  portsOf(limitKey: string): number {
    return this.ports.get(limitKey) ?? 0;
  }
}

function nameKey({ tokenId, name }: ProxyClaim): string {
  return `${tokenId}/${name}`;
}

function take(counts: Map<string, number>, limitKey: string, by: number): void {
  const left = (counts.get(limitKey) ?? 0) - by;
  if (left > 0) counts.set(limitKey, left);
  else counts.delete(limitKey);
}
