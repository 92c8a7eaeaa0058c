import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A validate whose last byte is held back, so that it runs for as long as the test wants it to. */
export class HalfSentRequest {
  #answer = '';

  private constructor(
    private readonly socket: Socket,
    private readonly lastByte: string,
  ) {
    socket.setEncoding('utf8').on('data', (text: string) => (this.#answer += text));
  }

  static async begin(url: string, token: string): Promise<HalfSentRequest> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = '{"required_scope":"storage:read"}';
    socket.write(
      `POST /api/v2/validate HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body.slice(0, -1)}`,
    );
    return new HalfSentRequest(socket, body.slice(-1));
  }

  /** Sends the rest. @returns everything that came back until the connection was closed */
  async finish(): Promise<string> {
    const closed = once(this.socket, 'close');
    this.socket.write(this.lastByte);
    await closed;
    return this.#answer;
  }
}
