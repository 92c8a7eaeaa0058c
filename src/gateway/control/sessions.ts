import { type MessageOf, type OutgoingMessage, errorTexts, v1ControlCipher, v2ControlCipher } from '@tollgate/frp-wire';
import type { KickTarget } from '@tollgate/domain';
import type { ByteStream } from '@tollgate/stream-kit';
import type { TunnelToken } from '@tollgate/tunnel-tokens';
import type { GatewayConnection } from '../listener/client-transports';
import type { Ticking } from '../ticker';
import { AdmissionRules } from './admission-rules';
import { type Blocked, Blocks } from './blocks';
import { ClientSession, type SessionOptions, type SessionOwner } from './client-session';
import { ControlChannel } from './control-channel';
import type { StreamRoles } from './logical-streams';
import { provesToken } from './login-proofs';
import { LoginWait } from './login-wait';
import type { OpenedStream } from './opening';
import { RefusedLoginLog, clientTexts } from './refused-login-log';
import { refuseStream } from './refused-stream';
import { SessionBook } from './session-book';
import { SessionClaims, refusalText } from './session-claims';
import type { SessionsOptions } from './sessions-options';
import { UsedLogins } from './used-logins';

/** What frpc is told to talk to: a version of frps whose protocols these are. */
const SERVER_VERSION = '0.70.1';
const CLOSED_BY_OPERATOR = 'closed by an operator, try again later';

/** Clients log in, bring work connections, and are sent away (frp `server/service.go`, RegisterControl, RegisterWorkConn). */
export class Sessions implements StreamRoles, SessionOwner, Ticking {
  readonly book = new SessionBook();
  readonly blocks: Blocks;
  private readonly used = new UsedLogins();
  private readonly rules: AdmissionRules;
  private readonly refusals: RefusedLoginLog;
  private generation = 0;
  private isClosed = false;
  private maxSessionsPerToken: number;
  /** Absent where this process is the only one. */
  private readonly claims: SessionClaims | undefined;
  private readonly stopListening: () => void;

  constructor(private readonly options: SessionsOptions) {
    this.maxSessionsPerToken = options.maxSessionsPerToken;
    this.blocks = new Blocks(() => options.runtime.nowMs());
    this.rules = new AdmissionRules(this.book, this.blocks, this.used, (token) => options.logins.newRunId(token));
    this.refusals = new RefusedLoginLog(options.log, () => options.runtime.nowMs());
    if (options.neighbours !== undefined) {
      this.claims = new SessionClaims(options.neighbours.ledger, options.logins, (generation) => {
        this.book.findByGeneration(generation)?.close(new Error('replaced by a later login'));
      });
    }
    this.stopListening = options.source.onChange((change) => {
      if (change.kind === 'delete') this.closeAllOf(change.token.token, 'token deleted');
      else if (!this.mayStay(change.token)) this.closeAllOf(change.token.token, 'token disabled');
    });
  }

  /** For logins that come from now on. */
  setLimits({ maxSessionsPerToken }: { readonly maxSessionsPerToken: number }): void {
    this.maxSessionsPerToken = maxSessionsPerToken;
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
    opened: OpenedStream,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection,
  ): string | undefined | Promise<string | undefined> {
    const { neighbours } = this.options;
    const isElsewhere = neighbours !== undefined && this.book.findByRunId(message.runId) === undefined;
    if (!isElsewhere) return this.offer(opened.stream, message, connection);
    return neighbours.passOn(opened, message).then((isPassed) => {
      if (!isPassed) return this.offer(opened.stream, message, connection);
      connection.prove();
      return undefined;
    });
  }

  /**
   * A work connection, of this process's own bind port or of another's.
   * @param connection absent in the latter case
   * @returns why it is refused
   */
  offer(
    stream: ByteStream,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection | undefined,
  ): string | undefined {
    const session = this.book.findByRunId(message.runId);
    const error = this.findWorkConnectionRefusal(session, message, connection);
    if (error !== undefined || session === undefined) {
      return this.options.detailedErrors ? error : errorTexts.workConnGeneric;
    }
    if (!session.offerWorkConnection(stream)) return errorTexts.workConnPoolFull;
    connection?.prove();
    return undefined;
  }

  newProxy(session: ClientSession, message: MessageOf<'newProxy'>): Promise<OutgoingMessage> {
    const { proxyName } = message;
    const refusal = this.findProxyRefusal(session, proxyName);
    if (refusal !== undefined) {
      const error = this.options.detailedErrors ? refusal : errorTexts.proxyGeneric(proxyName);
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
    const { runId, token, generation } = session.identity;
    this.claims?.leave(generation);
    this.options.log.info(
      { runId, tokenId: token.id, ...(error === undefined ? {} : { reason: error.message }) },
      'client gone',
    );
  }

  /** Sends clients away, or closes one of their proxies, and refuses them for a while, see `KickTarget`. */
  kick({ tokenId, runId, proxy }: KickTarget, blockSeconds: number): void {
    // Also those that are not there.
    if (proxy === undefined && tokenId !== undefined) this.block({ tokenId, runId }, blockSeconds);
    for (const session of [...this.book.list()]) {
      const { identity } = session;
      if (tokenId !== undefined && identity.token.id !== tokenId) continue;
      if (runId !== undefined && identity.runId !== runId) continue;
      const whose = identity.token.id;
      if (proxy === undefined) {
        if (tokenId === undefined) this.block({ tokenId: whose, runId }, blockSeconds);
        session.close(new Error('disconnected by an operator'));
        identity.connection.destroy();
      } else if (session.proxies.has(proxy)) {
        this.block({ tokenId: whose, proxy }, blockSeconds);
        this.options.proxies.close(session, proxy);
      }
    }
  }

  tick(nowMs: number): void {
    const wallClockMs = this.options.wallClockMs();
    for (const session of this.book.list()) {
      const expiresAt = this.currentOf(session.identity.token).expiresAt?.getTime();
      try {
        if (expiresAt !== undefined && expiresAt <= wallClockMs) session.close(new Error('token expired'));
        else session.tick(nowMs);
      } catch (error) {
        this.options.runtime.reportFault('client session', error);
        session.identity.connection.destroy(new Error('a fault of the gateway', { cause: error }));
      }
    }
  }

  /** Ends all, and takes none any more. */
  close(): void {
    this.isClosed = true;
    this.stopListening();
    for (const session of [...this.book.list()]) session.close(new Error('the gateway stops'));
  }

  private block(blocked: Blocked, seconds: number): void {
    this.blocks.block(blocked, seconds);
    this.options.neighbours?.ledger.block(blocked, seconds);
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
      refuseStream(stream, codec.encode({ type: 'loginResp', version: SERVER_VERSION, error: text }));
      this.refusals.refused(login, result, address);
      return result;
    };
    if (codec.version === 'v2' && agreement === undefined) return refuse('protocol', errorTexts.loginNoV2Crypto);
    const wait = new LoginWait(stream);
    const verdict = await logins.identify(login, address);
    const generation = (this.generation += 1);
    const { claims } = this;
    const admission =
      claims !== undefined && 'token' in verdict
        ? await claims.claim(generation, login, verdict.token, address, this.maxSessionsPerToken)
        : undefined;
    wait.end();
    if ('refusal' in verdict) return refuse(verdict.refusal, verdict.error);
    if (admission !== undefined && 'refusal' in admission) {
      return refuse(admission.refusal, refusalText(admission.refusal, login));
    }
    const { token } = verdict;
    const goneBy = this.findGone(stream, generation, token);
    if (goneBy !== undefined) {
      claims?.leave(generation);
      if (goneBy === 'disabled') return refuse('disabled', 'token disabled');
      stream.destroy();
      return 'gone';
    }
    // From here on nothing waits, so that no other login comes between.
    const former = this.rules.findReplaced(login, token);
    const refusal = this.findRefusal(login, token, former, address);
    this.used.note(login, address);
    if (refusal !== undefined) {
      claims?.leave(generation);
      return refuse(...refusal);
    }
    former?.close(new Error('replaced by a later login'));
    const session = new ClientSession(
      {
        runId: admission?.runId ?? this.rules.runIdFor(login, token, former),
        generation,
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
    log.info({ runId, tokenId: token.id, address, ...clientTexts(login) }, 'client logged in');
    return 'ok';
  }

  /** What has become of a login while others were asked. */
  private findGone(stream: ByteStream, generation: number, token: TunnelToken): 'gone' | 'disabled' | undefined {
    if (this.claims?.wasReplaced(generation) === true || stream.isClosed) return 'gone';
    if (this.claims === undefined) return undefined;
    const current = this.options.source.tokens.get(token.token);
    return current === undefined || !this.mayStay(current) ? 'disabled' : undefined;
  }

  private findRefusal(
    login: MessageOf<'login'>,
    token: TunnelToken,
    former: ClientSession | undefined,
    address: string,
  ): readonly [string, string] | undefined {
    if (this.isClosed) return ['stopping', 'the server is shutting down'];
    return this.rules.findRefusal(login, token, former, address, this.maxSessionsPerToken);
  }

  private findProxyRefusal({ identity }: ClientSession, proxyName: string): string | undefined {
    const { token, connection } = identity;
    if (this.blocks.isBlocked({ tokenId: token.id, proxy: proxyName })) return CLOSED_BY_OPERATOR;
    // As it is now: a client that could not log in any more gets no further proxies either.
    const { allowIPs } = this.currentOf(token);
    return allowIPs?.contains(connection.peer.address) === false ? 'address not allowed' : undefined;
  }

  private sessionOptions(connection: GatewayConnection): SessionOptions {
    const { session, authenticatesHeartbeats, heartbeatTimeoutMs, runtime } = this.options;
    return {
      ...session,
      // Dead sessions are found by yamux.
      heartbeatTimeoutMs: connection.isMultiplexed ? 0 : heartbeatTimeoutMs,
      checkPing: (ping, token) => !authenticatesHeartbeats || provesToken(ping, token),
      nowMs: () => runtime.nowMs(),
      schedule: (delayMs, task) => {
        runtime.schedule(delayMs, task);
      },
    };
  }

  private findWorkConnectionRefusal(
    session: ClientSession | undefined,
    message: MessageOf<'newWorkConn'>,
    connection: GatewayConnection | undefined,
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
