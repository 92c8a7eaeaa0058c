import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { ClientSession } from './client-session';

/** The clients that are logged in, by what they are looked for. */
export class SessionBook {
  private readonly byRunId = new Map<string, ClientSession>();
  private readonly byToken = new Map<string, Set<ClientSession>>();
  private readonly byClientId = new Map<string, ClientSession>();

  get count(): number {
    return this.byRunId.size;
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

  countByToken(token: string): number {
    return this.byToken.get(token)?.size ?? 0;
  }

  /** The client of a tenant's that calls itself so; `undefined` for clients that have no name. */
  findNamesake(token: TunnelToken, user: string, clientId: string): ClientSession | undefined {
    return clientId === '' ? undefined : this.byClientId.get(clientKey(token, user, clientId));
  }

  add(session: ClientSession): void {
    const { runId, token, login } = session.identity;
    this.byRunId.set(runId, session);
    let ofToken = this.byToken.get(token.token);
    if (ofToken === undefined) {
      ofToken = new Set();
      this.byToken.set(token.token, ofToken);
    }
    ofToken.add(session);
    if (login.clientId !== '') this.byClientId.set(clientKey(token, login.user, login.clientId), session);
  }

  /** Takes it out where it still stands: a later login may have its place. */
  delete(session: ClientSession): void {
    const { runId, token, login } = session.identity;
    if (this.byRunId.get(runId) === session) this.byRunId.delete(runId);
    const ofToken = this.byToken.get(token.token);
    ofToken?.delete(session);
    if (ofToken?.size === 0) this.byToken.delete(token.token);
    const key = clientKey(token, login.user, login.clientId);
    if (this.byClientId.get(key) === session) this.byClientId.delete(key);
  }
}

function clientKey({ id }: TunnelToken, user: string, clientId: string): string {
  return `${id}/${user}/${clientId}`;
}
