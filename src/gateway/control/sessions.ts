import { randomBytes } from 'node:crypto';
import { type MessageOf, type OutgoingMessage, errorTexts, v1ControlCipher, v2ControlCipher } from '@tollgate/frp-wire';
import type { KickTarget } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { ByteStream } from '@tollgate/stream-kit';
import type { TenantTokenSource, TunnelToken } from '@tollgate/tunnel-tokens';
import type { GatewayRuntime } from '../gateway-runtime';
import type { GatewayConnection } from '../listener/client-transports';
import type { Proxies } from '../proxies/proxies';
import type { TenantLogins } from '../tenants/tenant-logins';
import type { Ticking } from '../ticker';
import { Blocks } from './blocks';
import { ClientSession, type SessionOptions, type SessionOwner } from './client-session';
import { ControlChannel } from './control-channel';
import type { StreamRoles } from './logical-streams';
import { isReplay, provesToken } from './login-proofs';
import type { OpenedStream } from './opening';
import { SessionBook } from './session-book';

/** What frpc is told to talk to: a version of frps whose protocols these are. */
const SERVER_VERSION = '0.70.1';
/** 64 random bits in hex, as frps makes them. */
const RUN_ID_BYTES = 8;
const CLOSED_BY_OPERATOR = 'closed by an operator, try again later';
/** Longest run id that is taken from a client; frps's own have 16 characters. */
const MAX_RUN_ID_LENGTH = 64;

export interface SessionsOptions {
  readonly runtime: GatewayRuntime;
  readonly source: TenantTokenSource;
  readonly logins: TenantLogins;
  readonly proxies: Proxies;
  readonly session: Omit<SessionOptions, 'checkPing' | 'nowMs' | 'heartbeatTimeoutMs'>;
  /** For clients without a multiplexed connection, which would be noticed to be dead otherwise; 0: for ever. */
  readonly heartbeatTimeoutMs: number;
  readonly authenticatesHeartbeats: boolean;
  readonly authenticatesWorkConns: boolean;
  readonly maxSessionsPerToken: number;
  /** Whether clients are told why, or only that they are refused. */
  readonly detailedErrors: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly wallClockMs: () => number;
  /** Counts logins by their result. */
  readonly onLogin: (result: string, tookMs: number) => void;
  readonly log: Log;
}

/** Clients log in, bring work connections, and are sent away (frp `server/service.go`, RegisterControl, RegisterWorkConn). */
export class Sessions implements StreamRoles, SessionOwner, Ticking {
  readonly book = new SessionBook();
  readonly blocks: Blocks;
  private generation = 0;
  private isClosed = false;
  private readonly stopListening: () => void;

  constructor(private readonly options: SessionsOptions) {
    this.blocks = new Blocks(() => options.runtime.nowMs());
    this.stopListening = options.source.onChange((change) => {
      if (change.kind === 'delete') this.closeAllOf(change.token.token, 'token deleted');
      else if (!this.mayStay(change.token)) this.closeAllOf(change.token.token, 'token disabled');
    });
  }

  login(opened: OpenedStream, login: MessageOf<'login'>, connection: GatewayConnection): void {
    const beganMs = this.options.runtime.nowMs();
    this.admit(opened, login, connection).then(
      (result) => {
        this.options.onLogin(result, this.options.runtime.nowMs() - beganMs);
      },
      (error: unknown) => {
        this.options.log.error({ err: error }, 'a login failed');
        connection.destroy();
      },
    );
  }

  workConnection(
    stream: ByteStream,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection,
  ): string | undefined {
    const session = this.book.findByRunId(message.runId);
    const error = this.findWorkConnectionRefusal(session, message, connection);
    if (error !== undefined || session === undefined) {
      return this.options.detailedErrors ? error : errorTexts.workConnGeneric;
    }
    connection.prove();
    return session.offerWorkConnection(stream) ? undefined : errorTexts.workConnPoolFull;
  }

  newProxy(session: ClientSession, message: MessageOf<'newProxy'>): Promise<OutgoingMessage> {
    const { proxyName } = message;
    if (this.blocks.isBlocked(proxyBlock(session, proxyName))) {
      const error = this.options.detailedErrors ? CLOSED_BY_OPERATOR : errorTexts.proxyGeneric(proxyName);
      return Promise.resolve({ type: 'newProxyResp', proxyName, error });
    }
    return this.options.proxies.open(session, message);
  }

  closeProxy(session: ClientSession, name: string): void {
    this.options.proxies.close(session, name);
  }

  closeProxies(session: ClientSession): void {
    this.options.proxies.closeAll(session);
  }

  onClose(session: ClientSession, error?: Error): void {
    this.book.delete(session);
    const { runId, token } = session.identity;
    this.options.log.info(
      { runId, tokenId: token.id, ...(error === undefined ? {} : { reason: error.message }) },
      'client gone',
    );
  }

  /** Sends clients away, or closes one of their proxies, and refuses them for a while, see `KickTarget`. */
  kick({ tokenId, runId, proxy }: KickTarget, blockSeconds: number): void {
    if (proxy === undefined) {
      const name = runId ?? tokenId;
      if (name !== undefined && blockSeconds > 0) this.blocks.block(name, blockSeconds);
    }
    for (const session of [...this.book.list()]) {
      const { identity } = session;
      if (tokenId !== undefined && identity.token.id !== tokenId) continue;
      if (runId !== undefined && identity.runId !== runId) continue;
      if (proxy === undefined) {
        session.close(new Error('disconnected by an operator'));
        identity.connection.destroy();
      } else if (session.proxies.has(proxy)) {
        this.blocks.block(proxyBlock(session, proxy), blockSeconds);
        this.options.proxies.close(session, proxy);
      }
    }
  }

  tick(nowMs: number): void {
    const wallClockMs = this.options.wallClockMs();
    for (const session of this.book.list()) {
      const expiresAt = this.currentOf(session.identity.token).expiresAt?.getTime();
      if (expiresAt !== undefined && expiresAt <= wallClockMs) session.close(new Error('token expired'));
      else session.tick(nowMs);
    }
  }

  /** Ends all, and takes none any more. */
  close(): void {
    this.isClosed = true;
    this.stopListening();
    for (const session of [...this.book.list()]) session.close(new Error('the gateway stops'));
  }

  private closeAllOf(token: string, reason: string): void {
    for (const session of this.book.listByToken(token)) {
      session.close(new Error(reason));
      // Its users are cut with it, whether or not it takes note.
      session.identity.connection.destroy();
    }
  }

  private async admit(
    { stream, codec, agreement }: OpenedStream,
    login: MessageOf<'login'>,
    connection: GatewayConnection,
  ): Promise<string> {
    const { logins, runtime, log } = this.options;
    const { address } = connection.peer;
    const refuse = (result: string, error: string): string => {
      const text = this.options.detailedErrors || result === 'unknown' ? error : errorTexts.loginGeneric;
      stream.write(codec.encode({ type: 'loginResp', version: SERVER_VERSION, error: text }));
      stream.end();
      log.info({ address, result, user: login.user, version: login.version }, 'login refused');
      return result;
    };
    if (codec.version === 'v2' && agreement === undefined) return refuse('protocol', errorTexts.loginNoV2Crypto);
    const verdict = await logins.identify(login, address);
    if ('refusal' in verdict) return refuse(verdict.refusal, verdict.error);
    if (stream.isClosed) return 'gone';
    // From here on nothing waits, so that no other login comes between.
    const { token } = verdict;
    const former = this.findReplaced(login, token);
    const refusal = this.findRefusal(login, token, former, address);
    if (refusal !== undefined) return refuse(...refusal);
    former?.close(new Error('replaced by a later login'));
    this.generation += 1;
    const session = new ClientSession(
      {
        runId: this.runIdFor(login, former),
        generation: this.generation,
        login,
        token,
        codec,
        connection,
        connectedAtMs: this.options.wallClockMs(),
      },
      this.sessionOptions(connection),
      this,
    );
    this.book.add(session);
    connection.prove();
    const { runId } = session.identity;
    stream.write(codec.encode({ type: 'loginResp', version: SERVER_VERSION, runId }));
    const cipher =
      agreement === undefined
        ? v1ControlCipher(session.key, runtime.randomBytes)
        : v2ControlCipher(agreement, token.token, 'server', runtime.randomBytes);
    session.start(new ControlChannel(stream, codec, cipher, session));
    log.info({ runId, tokenId: token.id, address, user: login.user, version: login.version }, 'client logged in');
    return 'ok';
  }

  /** A run id is another tenant's as soon as that tenant's client has it: whoever else names it gets a new one. */
  private findReplaced(login: MessageOf<'login'>, token: TunnelToken): ClientSession | undefined {
    const found = login.runId === '' ? undefined : this.book.findByRunId(login.runId);
    return found?.identity.token.token === token.token ? found : undefined;
  }

  private findRefusal(
    login: MessageOf<'login'>,
    token: TunnelToken,
    former: ClientSession | undefined,
    address: string,
  ): readonly [string, string] | undefined {
    if (this.isClosed) return ['stopping', 'the server is shutting down'];
    if (this.blocks.isBlocked(token.id) || (login.runId !== '' && this.blocks.isBlocked(login.runId))) {
      return ['blocked', 'disconnected by an operator, try again later'];
    }
    if (former !== undefined && isReplay(login, former, address)) return ['replayed', errorTexts.loginTokenMismatch];
    const namesake = this.book.findNamesake(token, login.user, login.clientId);
    if (namesake !== undefined && namesake !== former) {
      return ['client-id', errorTexts.loginClientIdOnline(login.clientId, login.user)];
    }
    const online = this.book.countByToken(token.token) - (former === undefined ? 0 : 1);
    const maxClients = token.maxClients ?? 0;
    const isFull = (maxClients > 0 && online >= maxClients) || online >= this.options.maxSessionsPerToken;
    return isFull ? ['clients', 'too many clients with this token'] : undefined;
  }

  private runIdFor(login: MessageOf<'login'>, former: ClientSession | undefined): string {
    const isFree = former !== undefined || this.book.findByRunId(login.runId) === undefined;
    if (login.runId !== '' && login.runId.length <= MAX_RUN_ID_LENGTH && isFree) return login.runId;
    return randomBytes(RUN_ID_BYTES).toString('hex');
  }

  private sessionOptions(connection: GatewayConnection): SessionOptions {
    const { session, authenticatesHeartbeats, heartbeatTimeoutMs, runtime } = this.options;
    return {
      ...session,
      // Dead sessions are found by yamux.
      heartbeatTimeoutMs: connection.isMultiplexed ? 0 : heartbeatTimeoutMs,
      checkPing: (ping, token) => !authenticatesHeartbeats || provesToken(ping, token),
      nowMs: () => runtime.nowMs(),
    };
  }

  private findWorkConnectionRefusal(
    session: ClientSession | undefined,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection,
  ): string | undefined {
    if (session === undefined) return errorTexts.workConnUnknownRunId(message.runId);
    const { token, connection: own } = session.identity;
    // Every frpc opens these where its control is, if it multiplexes at all: the run id alone proves little.
    if (own.isMultiplexed && own !== connection) return errorTexts.workConnUnknownRunId(message.runId);
    if (this.options.authenticatesWorkConns && !provesToken(message, token)) return errorTexts.workConnTokenMismatch;
    return undefined;
  }

  private currentOf(token: TunnelToken): TunnelToken {
    return this.options.source.tokens.get(token.token) ?? token;
  }

  private mayStay(token: TunnelToken): boolean {
    return token.enabled && !token.suspended && this.options.logins.isOfRegion(token);
  }
}

/** What a proxy is blocked by: as whose, and by its name. */
function proxyBlock({ identity }: ClientSession, proxyName: string): string {
  return `${identity.token.id}/${proxyName}`;
}
