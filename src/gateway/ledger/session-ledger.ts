import type { Blocks } from '../control/blocks';
import { type LoggedInClient, UsedLogins } from '../control/used-logins';

/** A client's session, wherever it is: the process that serves it, and its number there. */
export interface SessionName {
  readonly member: number;
  readonly session: number;
}

/** What a login asks for. */
export interface SessionClaim {
  /** Numbers sessions within a process. */
  readonly session: number;
  readonly tokenId: string;
  /** What clients are counted by, see `limitKeyOf`. */
  readonly limitKey: string;
  readonly user: string;
  /** Empty where the client has no name. */
  readonly clientId: string;
  /** That the client had before; empty where it had none. */
  readonly runId: string;
  /** For a client that had none, or one that is another's. */
  readonly newRunId: string;
  /** What the login proves itself with, by which it is known when somebody repeats it. */
  readonly privilegeKey: string;
  readonly timestamp: number;
  /** The client's. */
  readonly address: string;
  /** Clients that the token may have. */
  readonly maxClients: number;
}

/**
 * `blocked`: an operator has sent it away. `replayed`: the login of somebody else, word for word. `client-id`: another client of the
 * tenant's has its name. `clients`: the token has as many clients as it may.
 */
export type SessionRefusal = 'blocked' | 'replayed' | 'client-id' | 'clients';

/** What becomes of a login. */
export type Admission = { readonly runId: string } | { readonly refusal: SessionRefusal };

/** An admission, and whom it replaces: that session is to be closed before the new one is used. */
export interface AdmissionDecision {
  readonly admission: Admission;
  readonly former: SessionName | undefined;
}

interface Entry extends SessionName, Omit<SessionClaim, 'maxClients' | 'newRunId'> {
  /** A later login has its run id; what it holds besides is its own until it is closed. */
  isReplaced: boolean;
}

/** Who is logged in, over all processes: what is unique or limited about clients. */
export class SessionLedger {
  private readonly used = new UsedLogins();
  private readonly sessions = new Map<string, Entry>();
  private readonly byRunId = new Map<string, Entry>();
  private readonly byClientId = new Map<string, Entry>();
  private readonly counts = new Map<string, number>();

  /**
   * @param blocks clients that are refused for a while, by run id and by token id
   */
  constructor(private readonly blocks: Blocks) {}

  get count(): number {
    return this.byRunId.size;
  }

  admit(member: number, claim: SessionClaim): AdmissionDecision {
    const former = this.findReplaced(claim);
    const refusal = this.findRefusal(claim, former);
    this.used.note(claim, claim.address);
    if (refusal !== undefined) return { admission: { refusal }, former: undefined };
    if (former !== undefined) this.retire(former);
    const { maxClients: _maxClients, newRunId: _newRunId, ...rest } = claim;
    const entry: Entry = { ...rest, member, runId: this.runIdFor(claim), isReplaced: false };
    this.sessions.set(keyOf(entry), entry);
    this.byRunId.set(entry.runId, entry);
    if (entry.clientId !== '') this.byClientId.set(clientKey(entry), entry);
    this.counts.set(entry.limitKey, this.countOf(entry.limitKey) + 1);
    return { admission: { runId: entry.runId }, former };
  }

  /** The session is over. Nothing happens when it is not there. */
  leave(name: SessionName): void {
    const entry = this.sessions.get(keyOf(name));
    if (entry === undefined) return;
    this.retire(entry);
    this.sessions.delete(keyOf(name));
  }

  /** Whether it is logged in, and nobody has replaced it. */
  has(name: SessionName): boolean {
    return this.sessions.get(keyOf(name))?.isReplaced === false;
  }

  /** Run ids are unique over all tenants. */
  findByRunId(runId: string): SessionName | undefined {
    return this.byRunId.get(runId);
  }

  /** Clients of a token. @param limitKey see `limitKeyOf` */
  countOf(limitKey: string): number {
    return this.counts.get(limitKey) ?? 0;
  }

  /** Sessions of one process, replaced ones too. */
  listOf(member: number): readonly SessionName[] {
    return [...this.sessions.values()].filter((entry) => entry.member === member);
  }

  /** A run id is another tenant's as soon as that tenant's client has it: whoever else names it gets a new one. */
  private findReplaced({ runId, tokenId }: SessionClaim): Entry | undefined {
    const found = runId === '' ? undefined : this.byRunId.get(runId);
    return found?.tokenId === tokenId ? found : undefined;
  }

  private findRefusal(claim: SessionClaim, former: Entry | undefined): SessionRefusal | undefined {
    const { tokenId, limitKey, runId, maxClients } = claim;
    if (this.blocks.isBlocked({ tokenId }) || this.blocks.isBlocked({ tokenId, runId })) return 'blocked';
    if (former !== undefined && this.used.isReplay(claim, clientOf(former), claim.address)) return 'replayed';
    const namesake = claim.clientId === '' ? undefined : this.byClientId.get(clientKey(claim));
    if (namesake !== undefined && namesake !== former) return 'client-id';
    const online = this.countOf(limitKey) - (former === undefined ? 0 : 1);
    return online >= maxClients ? 'clients' : undefined;
  }

  /** @throws Error when the new one is taken too, which chance does not bring about */
  private runIdFor({ runId, newRunId }: SessionClaim): string {
    if (runId !== '' && !this.byRunId.has(runId)) return runId;
    if (this.byRunId.has(newRunId)) throw new Error('a new run id is taken');
    return newRunId;
  }

  /** Takes it out of what is unique and limited. */
  private retire(entry: Entry): void {
    if (entry.isReplaced) return;
    entry.isReplaced = true;
    this.byRunId.delete(entry.runId);
    if (this.byClientId.get(clientKey(entry)) === entry) this.byClientId.delete(clientKey(entry));
    const left = this.countOf(entry.limitKey) - 1;
    if (left > 0) this.counts.set(entry.limitKey, left);
    else this.counts.delete(entry.limitKey);
  }
}

function clientOf({ timestamp, address }: Entry): LoggedInClient {
  return { identity: { login: { timestamp }, connection: { peer: { address } } } };
}

/** For maps. */
export function keyOf({ member, session }: SessionName): string {
  return `${String(member)}/${String(session)}`;
}

function clientKey({ tokenId, user, clientId }: Pick<SessionClaim, 'tokenId' | 'user' | 'clientId'>): string {
  return `${tokenId}/${user}/${clientId}`;
}
