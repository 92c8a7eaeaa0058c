import type { ByteStream, TurnFlusher } from '@tollgate/stream-kit';
import { YamuxSession } from '@tollgate/yamux';
import { dial } from './dial';
import type { FrpClientOptions } from './options';

/** As frpc from 0.50 on: every stream may have this much on its way from the beginning. */
const WINDOW_BYTES = 6_291_456;
/** No test's streams are to be held back by what other streams of the client have. */
const WINDOW_BUDGET_BYTES = 1_073_741_824;

/** How a client comes by logical streams. */
export interface ClientLink {
  /** Rejects when there is none to be had. */
  openStream(): Promise<ByteStream>;
  /** @param nowMs monotone milliseconds */
  tick(nowMs: number): void;
  /** Ends all streams. */
  close(): void;
  /** Cuts them. */
  destroy(): void;
}

export async function openLink(options: FrpClientOptions, flusher: TurnFlusher): Promise<ClientLink> {
  return (options.mux ?? true) ? muxLink(await dial(options, flusher)) : plainLink(options, flusher);
}

function muxLink(transport: ByteStream): ClientLink {
  const session = new YamuxSession(transport, {
    role: 'client',
    onStream: (stream) => {
      stream.destroy();
    },
    // The streams are told too.
    onClose: () => undefined,
    nowMs: () => performance.now(),
    limits: { initialWindowBytes: WINDOW_BYTES, windowBudgetBytes: WINDOW_BUDGET_BYTES },
  });
  return {
    openStream: async () => {
      const stream = session.openStream();
      if (stream === undefined) throw new Error('the server takes no more streams');
      return stream;
    },
    tick: (nowMs) => {
      session.tick(nowMs);
    },
    close: () => {
      session.close();
    },
    destroy: () => {
      session.destroy();
    },
  };
}

function plainLink(options: FrpClientOptions, flusher: TurnFlusher): ClientLink {
  const streams = new Set<ByteStream>();
  return {
    openStream: async () => {
      const stream = await dial(options, flusher);
      streams.add(stream);
      return stream;
    },
    tick: () => {
      for (const stream of streams) if (stream.isClosed) streams.delete(stream);
    },
    close: () => {
      for (const stream of streams) stream.end();
    },
    destroy: () => {
      for (const stream of streams) stream.destroy();
    },
  };
}
