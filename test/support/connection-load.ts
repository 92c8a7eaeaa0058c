import { type Socket, connect } from 'node:net';

/** One answer under load. */
export interface LoadAnswer {
  /** The bytes that were sent, the same string that {@link ConnectionLoadOptions.request} returned. */
  readonly request: string;
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** When the request was sent and when its answer was complete, by `performance.now()`. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface ConnectionLoadOptions {
  readonly url: string;
  readonly connections: number;
  /** The bytes of the next request. */
  readonly request: () => string;
  readonly onAnswer: (answer: LoadAnswer) => void;
}

const HEAD_END = '\r\n\r\n';

/**
 * Keeps connections busy: each sends a request as soon as it has the answer to the one before. Written on sockets, since
 * an HTTP client would be the slower side.
 */
export class ConnectionLoad {
  private readonly sockets: Socket[] = [];
  private readonly closed: Promise<void>[] = [];
  private stopping = false;
  /** Connections that ended, or failed, before they were told to. */
  broken = 0;

  constructor(private readonly options: ConnectionLoadOptions) {
    for (let index = 0; index < options.connections; index += 1) this.open();
  }

  /** Lets each connection have its answer, and ends it. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.closed);
  }

  private open(): void {
    const { hostname, port } = new URL(this.options.url);
    const socket = connect(Number(port), hostname);
    this.sockets.push(socket);
    let text = '';
    let request = '';
    let sentMs = 0;
    const send = (): void => {
      if (this.stopping) {
        socket.end();
        return;
      }
      request = this.options.request();
      sentMs = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('connect', send);
    socket.on('data', (chunk: string) => {
      text += chunk;
      const headEnd = text.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const head = text.slice(0, headEnd);
      const bodyEnd = headEnd + HEAD_END.length + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < bodyEnd) return;
      const body = text.slice(headEnd + HEAD_END.length, bodyEnd);
      text = text.slice(bodyEnd);
      const status = Number(head.slice(9, 12));
      this.options.onAnswer({ request, status, head, body, sentMs, receivedMs: performance.now() });
      send();
    });
    socket.on('error', () => undefined);
    this.closed.push(
      new Promise((resolve) => {
        socket.on('close', () => {
          if (!this.stopping) this.broken += 1;
          resolve();
        });
      }),
    );
  }
}

/**
 * The bytes of a validation of this token.
 * @param requiredScope asks for this scope; for none by default
 */
export function validateRequest(token: string, requiredScope?: string): string {
  const body = requiredScope === undefined ? '' : JSON.stringify({ required_scope: requiredScope });
  const type = body === '' ? '' : 'Content-Type: application/json\r\n';
  return (
    `POST /api/v2/validate HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n${type}` +
    `Content-Length: ${String(body.length)}\r\n\r\n${body}`
  );
}
