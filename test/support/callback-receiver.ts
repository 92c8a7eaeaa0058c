import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A https server on the loopback, with a certificate of its own making, that remembers what it was told. */
export class CallbackReceiver {
  readonly received: Received[] = [];
  /** Answers a request that has been read; 204 by default. */
  answer: (response: ServerResponse, request: Received) => void = (response) => {
    response.writeHead(204).end();
  };

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    /** Its certificate, for those who should trust it. */
    readonly certificateFile: string,
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url = '', headers } = request;
        const received = { path: url, headers, body: Buffer.concat(chunks).toString() };
        this.received.push(received);
        this.answer(response, received);
      });
    });
  }

  static async start(): Promise<CallbackReceiver> {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-receiver-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CallbackReceiver(server, folder, cert);
  }

  get certificate(): string {
    return readFileSync(this.certificateFile, 'utf8');
  }

  /** @param host a name or literal that leads to the loopback */
  url(path = '/', host = 'localhost'): string {
    return `https://${host}:${String((this.server.address() as AddressInfo).port)}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
