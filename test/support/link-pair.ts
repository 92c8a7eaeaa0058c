import { type Channel, Link, type NewsTable, type QuestionTable } from '@tollgate/workers';

/** A worker's link and the primary's, in one process. */
export interface LinkPair<Questions extends QuestionTable<Questions>, News extends NewsTable<News>> {
  readonly worker: Link<Questions, News>;
  readonly primary: Link<Questions, News>;
  /** Gives the primary a message that no link sent. */
  inject(message: unknown): void;
  close(): void;
}

/** Messages go as JSON and arrive in a later turn of the event loop, as those between processes do. */
export function linkPair<Questions extends QuestionTable<Questions>, News extends NewsTable<News>>(): LinkPair<
  Questions,
  News
> {
  const ends = [new End(), new End()] as const;
  ends[0].peer = ends[1];
  ends[1].peer = ends[0];
  return {
    worker: new Link(ends[0]),
    primary: new Link(ends[1]),
    inject: (message) => {
      ends[1].arrive(message);
    },
    close: () => {
      for (const end of ends) end.close();
    },
  };
}

class End implements Channel {
  peer: End | undefined;
  private isClosed = false;
  private receive: (message: unknown) => void = () => undefined;
  private closed: () => void = () => undefined;

  send(message: object, sent: (error: Error | null) => void): void {
    if (this.isClosed) {
      queueMicrotask(() => {
        sent(Object.assign(new Error('channel closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' }));
      });
      return;
    }
    const text = JSON.stringify(message);
    setImmediate(() => {
      sent(null);
      this.peer?.arrive(JSON.parse(text));
    });
  }

  onMessage(listener: (message: unknown) => void): void {
    this.receive = listener;
  }

  onClosed(listener: () => void): void {
    this.closed = listener;
  }

  arrive(message: unknown): void {
    this.receive(message);
  }

  close(): void {
    this.isClosed = true;
    this.closed();
  }
}
