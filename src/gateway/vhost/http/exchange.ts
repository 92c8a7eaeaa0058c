import type { ByteStream, Lease } from '@tollgate/stream-kit';
import { VHOST_LIMITS } from '../limits';
import type { BackendConnection, ResponseReader } from './backend-connection';
import { isForProxy, routeUserOf } from './basic-auth';
import type { ExchangeContext, ExchangeUser, OwnAnswer } from './exchange-user';
import { type BodyFraming, CHUNKED } from './framing';
import type { HeaderField } from './header-block';
import { compileEdits } from './header-edits';
import type { UserAddress } from './http-target';
import { requestHeadText } from './outgoing-head';
import type { RequestHead } from './request-head';
import type { ResponseHead } from './response-head';
import type { TargetPool } from './target-pool';

const NO_EDITS = compileEdits(undefined);
/** Methods that may be tried twice (Go's `Request.isReplayable`, and RFC 9110, section 9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const NOTHING = Buffer.alloc(0);
const CHALLENGE = 'Basic realm="Restricted"';

/** One request and its answer, between a user and the service that the request is for. */
export class Exchange implements ResponseReader {
  private pool: TargetPool | undefined;
  private connection: BackendConnection | undefined;
  private headBytes = NOTHING;
  /** Of the request's body: what has not been sent yet, and what may have to be sent again. */
  private kept: Buffer[] | undefined = [];
  private keptBytes = 0;
  private isRequestComplete: boolean;
  private hasBegun = false;
  private isOver = false;
  private userWaits = false;
  private isRetry = false;
  /** When the head of the response must be there; counted from the end of the request. */
  private headDueMs: number;
  private movedBytes = 0;
  private deliveredBytes = -1;
  private movedAtMs: number;

  constructor(
    private readonly context: ExchangeContext,
    private readonly user: ExchangeUser,
    private readonly head: RequestHead,
    private readonly peer: UserAddress,
  ) {
    this.isRequestComplete = isEmpty(head.framing);
    this.movedAtMs = context.now();
    this.headDueMs = this.movedAtMs + context.responseHeadMs;
  }

  /** Whether all of the request has been handed over. */
  get hasWholeRequest(): boolean {
    return this.isRequestComplete;
  }

  /** Whether the service's answer has begun. */
  get hasAnswer(): boolean {
    return this.hasBegun;
  }

  /** Finds who serves the request, and asks. */
  start(): void {
    const { context, head } = this;
    const { routes } = context;
    const user = routes.dependOnUser ? routeUserOf(head) : '';
    const target = routes.find(head.host, head.routePath, user)?.next();
    if (target === undefined) {
      this.answer(context.notFound());
      return;
    }
    const pool = context.poolOf(target);
    if (pool.auth?.admits(head) === false) {
      this.answer(challenge(isForProxy(head)));
    } else if (pool.isFull || !this.user.visits.admits(target.gate)) {
      this.answer({ status: 503, fields: [], body: NOTHING });
    } else {
      this.pool = pool;
      pool.active += 1;
      const isTunnel = head.form === 'authority';
      const text = isTunnel ? `${head.text}\r\n` : requestHeadText(head, pool.requestEdits, this.peer.address);
      this.headBytes = Buffer.from(text, 'latin1');
      const idle = isTunnel ? undefined : pool.takeIdle();
      if (idle === undefined) this.dial(pool);
      else this.use(idle);
    }
  }

  /** Part of the request's body, as it is to be sent. @returns `false`: no more, please, until `resumeBody` */
  sendBody(chunk: Buffer, lease?: Lease): boolean {
    if (this.isOver) {
      lease?.release();
      return true;
    }
    this.movedBytes += chunk.length;
    const { connection, kept } = this;
    if (kept !== undefined) {
      this.keptBytes += chunk.length;
      // Kept bytes are not given back: somebody else would write over them.
      kept.push(chunk);
      if (connection === undefined) {
        this.userWaits = this.keptBytes >= VHOST_LIMITS.maxHeldBodyBytes;
        return !this.userWaits;
      }
      if (this.keptBytes > VHOST_LIMITS.maxHeldBodyBytes) this.kept = undefined;
    }
    this.userWaits = connection?.stream.write(chunk, kept === undefined ? lease : undefined) === false;
    return !this.userWaits;
  }

  /** The request is complete. */
  endBody(): void {
    this.isRequestComplete = true;
    this.headDueMs = this.context.now() + this.context.responseHeadMs;
  }

  /** The user takes more of the answer. */
  userDrained(): void {
    this.connection?.resume();
  }

  /** The user has gone, or talks nonsense: the service is to know. */
  abort(): void {
    if (this.isOver) return;
    this.leave();
  }

  tick(nowMs: number, userQueuedBytes: number): void {
    if (this.isOver) return;
    if (!this.hasBegun && this.isRequestComplete && nowMs >= this.headDueMs) {
      this.leave();
      this.user.answer({ status: 504, fields: [], body: NOTHING });
      return;
    }
    const queuedBytes = userQueuedBytes + (this.connection?.stream.queuedBytes ?? 0);
    const deliveredBytes = this.movedBytes - queuedBytes;
    if (this.deliveredBytes !== deliveredBytes) this.movedAtMs = nowMs;
    this.deliveredBytes = deliveredBytes;
    const waits = !this.isRequestComplete || queuedBytes > 0;
    if (!waits) this.movedAtMs = nowMs;
    else if (nowMs - this.movedAtMs >= VHOST_LIMITS.stallMs) this.cut();
  }

  onInformational(head: ResponseHead): void {
    if (head.status === 100 && !this.head.expectsContinue) return;
    this.user.inform(head);
  }

  onSwitch(head: ResponseHead): void {
    const { connection, pool } = this;
    const wanted = this.head.upgrade;
    if (connection === undefined || pool === undefined) return;
    if (wanted === undefined || head.upgrade?.toLowerCase() !== wanted.toLowerCase() || !this.isRequestComplete) {
      connection.destroy();
      this.onBackendFailure();
      return;
    }
    this.join(connection.stream, head, pool);
  }

  onHead(head: ResponseHead): void {
    this.hasBegun = true;
    this.kept = undefined;
    if (this.pool !== undefined) this.user.begin(head, this.pool.responseEdits);
  }

  onBody(chunk: Buffer, lease?: Lease): void {
    this.movedBytes += chunk.length;
    if (!this.user.write(chunk, lease)) this.connection?.pause();
  }

  onPause(): void {
    if (!this.isOver) this.user.flush();
  }

  onResponseEnd(trailers: readonly HeaderField[]): void {
    const { connection, pool } = this;
    // A service that answers before it was told everything would take the rest for the next request.
    if (this.isRequestComplete && connection !== undefined) pool?.release(connection, this.context.now());
    else connection?.destroy();
    this.connection = undefined;
    this.leave();
    this.user.finish(trailers);
  }

  onBackendDrain(): void {
    if (!this.userWaits) return;
    this.userWaits = false;
    this.user.resumeBody();
  }

  onBackendFailure(): void {
    const { connection, pool } = this;
    this.connection = undefined;
    if (this.isOver) return;
    if (this.hasBegun) {
      this.cut();
      return;
    }
    const mayRetry = connection?.isReused === true && !connection.hasAnswered && !this.isRetry;
    if (mayRetry && pool !== undefined && this.kept !== undefined && REPEATABLE.has(this.head.method)) {
      this.isRetry = true;
      this.dial(pool);
      return;
    }
    this.answer(this.context.notFound());
  }

  private dial(pool: TargetPool): void {
    this.connect(pool).catch((error: unknown) => {
      this.cut();
      this.context.onFault(error);
    });
  }

  private async connect(pool: TargetPool): Promise<void> {
    // Why there is none is the target's to say; the user learns that nobody is there.
    const connection = await pool.connect(this.peer).catch(() => undefined);
    if (this.isOver) {
      if (connection !== undefined) pool.release(connection, this.context.now());
    } else if (connection?.isUsable === true) {
      this.use(connection);
    } else {
      this.answer(this.context.notFound());
    }
  }

  private use(connection: BackendConnection): void {
    const { head, kept, pool } = this;
    this.connection = connection;
    if (head.form === 'authority') {
      connection.stream.pause();
      connection.stream.write(this.headBytes);
      if (pool !== undefined) this.join(connection.stream, undefined, pool);
      return;
    }
    connection.begin(this, head.method, this.user.decodesChunks);
    let isReady = connection.stream.write(this.headBytes);
    if (kept !== undefined) for (const chunk of kept) isReady = connection.stream.write(chunk);
    if (!connection.isReused) this.kept = undefined;
    if (isReady) this.onBackendDrain();
    else this.userWaits = true;
  }

  private join(backend: ByteStream, head: ResponseHead | undefined, pool: TargetPool): void {
    this.isOver = true;
    this.connection = undefined;
    this.user.join(backend, head, head === undefined ? NO_EDITS : pool.responseEdits, () => {
      pool.active -= 1;
    });
  }

  private answer(answer: OwnAnswer): void {
    this.leave();
    this.user.answer(answer);
  }

  private cut(): void {
    this.leave();
    this.user.cut();
  }

  /** It is over for the service. */
  private leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.kept = undefined;
    if (this.pool !== undefined) this.pool.active -= 1;
    this.connection?.destroy();
    this.connection = undefined;
  }
}

function isEmpty(framing: BodyFraming): boolean {
  return framing !== CHUNKED && (framing.kind !== 'length' || framing.bytes === 0);
}

function challenge(isProxy: boolean): OwnAnswer {
  const name = isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  const body = Buffer.from(isProxy ? 'Proxy Authentication Required\n' : 'Unauthorized\n');
  return {
    status: isProxy ? 407 : 401,
    fields: [
      [name, CHALLENGE],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    body,
  };
}
