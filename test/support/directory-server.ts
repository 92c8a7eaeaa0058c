import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Handler = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void;

/** A directory as somebody else runs it: answers what the test says, and remembers what it was asked. */
export class DirectoryServer {
  /** Query of each request, and its Authorization header. */
  readonly asked: { readonly path: string; readonly query: string; readonly authorization: string | undefined }[] = [];
  private handler: Handler = (_query, response) => {
    response.writeHead(404).end();
  };

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const url = new URL(request.url ?? '', 'http://directory');
      const query = url.searchParams;
      this.asked.push({ path: url.pathname, query: query.toString(), authorization: request.headers.authorization });
      this.handler(query, response, request);
    });
  }

  static async start(): Promise<DirectoryServer> {
    const directory = new DirectoryServer(createServer());
    await directory.listen(0);
    return directory;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  private port = 0;

  answer(handler: Handler): void {
    this.handler = handler;
  }

  /** Answers a JSON object, always. */
  answerJson(body: unknown, status = 200): void {
    this.answer((_query, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }

  /** Goes away: connections are refused until {@link comeBack}. */
  async goAway(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async comeBack(): Promise<void> {
    await this.listen(this.port);
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.goAway();
  }

  private async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }
}
