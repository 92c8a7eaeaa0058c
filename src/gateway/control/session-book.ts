import { limitKeyOf, type TunnelToken } from '@tollgate/tunnel-tokens';
import type { ClientSession } from './client-session';

/** The clients that are logged in, by what they are looked for. */
export class SessionBook {
  private readonly byRunId = new Map<string, ClientSession>();
  private readonly byToken = new Map<string, Set<ClientSession>>();
  private readonly byGeneration = new Map<number, ClientSession>();
  private readonly byClientId = new Map<string, ClientSession>();
  /** By `limitKeyOf`. */
  private readonly counts = new Map<string, number>();

  get count(): number {
    return this.byRunId.size;
  }

  /** @param generation see `SessionIdentity` */
  findByGeneration(generation: number): ClientSession | undefined {
    return this.byGeneration.get(generation);
  }

  list(): Iterable<ClientSession> {
    return this.byRunId.values();
  }

  /** Run ids are unique over all tenants. */
  findByRunId(runId: string): ClientSession | undefined {
    return this.byRunId.get(runId);
  }

  /** @param token its value */
  listByToken(token: string): readonly ClientSession[] {
    return [...(this.byToken.get(token) ?? [])];
  }

  /** Clients of a token, and of those that it was rotated from or to: limits hold for all of them. */
  countOf(token: TunnelToken): number {
    return this.counts.get(limitKeyOf(token)) ?? 0;
  }

  /** The client of a tenant's that calls itself so; `undefined` for clients that have no name. */
  findNamesake(token: TunnelToken, user: string, clientId: string): ClientSession | undefined {
    return clientId === '' ? undefined : this.byClientId.get(clientKey(token, user, clientId));
  }

  add(session: ClientSession): void {
    const { runId, token, login } = session.identity;
    this.byRunId.set(runId, session);
    this.byGeneration.set(session.identity.generation, session);
    let ofToken = this.byToken.get(token.token);
    if (ofToken === undefined) {
      ofToken = new Set();
      this.byToken.set(token.token, ofToken);
    }
    ofToken.add(session);
    this.counts.set(limitKeyOf(token), this.countOf(token) + 1);
    if (login.clientId !== '') this.byClientId.set(clientKey(token, login.user, login.clientId), session);
  }

  /** Takes it out where it still stands: a later login may have its place. */
  delete(session: ClientSession): void {
    const { runId, token, login } = session.identity;
    if (this.byRunId.get(runId) === session) this.byRunId.delete(runId);
    this.byGeneration.delete(session.identity.generation);
    const ofToken = this.byToken.get(token.token);
    if (ofToken?.delete(session) === true) this.uncount(token);
    if (ofToken?.size === 0) this.byToken.delete(token.token);
    const key = clientKey(token, login.user, login.clientId);
    if (this.byClientId.get(key) === session) this.byClientId.delete(key);
  }

  private uncount(token: TunnelToken): void {
    const left = this.countOf(token) - 1;
    if (left > 0) this.counts.set(limitKeyOf(token), left);
    else this.counts.delete(limitKeyOf(token));
  }
}

function clientKey({ id }: TunnelToken, user: string, clientId: string): string {
  return `${id}/${user}/${clientId}`;
}
