import type { ByteStream, Lease } from '@tollgate/stream-kit';
import type { VhostRoutes } from '../vhost-routes';
import type { HeaderField } from './header-block';
import type { HeaderEdits } from './header-edits';
import type { HttpRoute, HttpTarget } from './http-target';
import type { ResponseHead } from './response-head';
import type { TargetPool } from './target-pool';
import type { UserVisits } from './user-visits';

/** An answer of our own. */
export interface OwnAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** The user's side of an exchange. */
export interface ExchangeUser {
  /** Of its connection. */
  readonly visits: UserVisits;
  /** Whether chunked bodies are wanted without their framing. */
  readonly decodesChunks: boolean;
  inform(head: ResponseHead): void;
  begin(head: ResponseHead, edits: HeaderEdits): void;
  /** @returns `false`: to be followed by nothing until `userDrained` of the exchange */
  write(chunk: Buffer, lease?: Lease): boolean;
  /** Sends what has been kept back to go together with what comes next. */
  flush(): void;
  /** The answer is complete. */
  finish(trailers: readonly HeaderField[]): void;
  /** An answer of our own, in place of the service's. */
  answer(answer: OwnAnswer): void;
  /** An answer that has begun can't be completed. */
  cut(): void;
  /** More of the request's body is wanted. */
  resumeBody(): void;
  /** The user's connection is joined with the service's. @param head what is said before; `undefined` for CONNECT */
  join(backend: ByteStream, head: ResponseHead | undefined, edits: HeaderEdits, onEnd: () => void): void;
}

/** What exchanges need to know of the virtual host. */
export interface ExchangeContext {
  readonly routes: VhostRoutes<HttpRoute>;
  readonly responseHeadMs: number;
  /** Monotone milliseconds. */
  now(): number;
  notFound(): OwnAnswer;
  poolOf(target: HttpTarget): TargetPool;
  /** Told of a fault of ours, which has cost one exchange or connection. */
  onFault(error: unknown): void;
}
