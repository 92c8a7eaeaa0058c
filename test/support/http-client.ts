import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';

export type Json = Readonly<Record<string, unknown>>;

/** One request, sent as it stands: neither the path nor the headers are tidied up. */
export interface HttpRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** Bytes as they are, text in UTF-8, anything else as JSON; none by default. */
  readonly body?: unknown;
}

/** What came back, with typed looks into its JSON. */
export class Answer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly text: string,
  ) {}

  /** The body as a JSON object; an error that shows the text when it is none. */
  get body(): Json {
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch {
      value = undefined;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`status ${String(this.status)}, no JSON object: ${this.text.slice(0, 300)}`);
    }
    return value as Json;
  }

  string(field: string): string {
    const value = this.body[field];
    if (typeof value !== 'string') throw new Error(`${field} is no text in ${this.text}`);
    return value;
  }

  object(field: string): Json {
    const value = this.body[field];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`${field} is no object in ${this.text}`);
    }
    return value as Json;
  }

  list(field: string): readonly Json[] {
    const value = this.body[field];
    if (!Array.isArray(value)) throw new Error(`${field} is no list in ${this.text}`);
    return value as Json[];
  }

  /** Status and `error` in one, for a single comparison. */
  get refusal(): string {
    return `${String(this.status)} ${String(this.body['error'] ?? this.body['message'])}`;
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 30_000 });

/** @param url base address of the api */
export async function send(url: string, { method, path, headers = {}, body }: HttpRequest): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const bytes = bytesOf(body);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        agent,
        hostname,
        port,
        method,
        path,
        headers: bytes === undefined ? headers : { ...headers, 'content-length': bytes.length },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve(new Answer(incoming.statusCode ?? 0, incoming.headers, Buffer.concat(chunks).toString()));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

/** The bytes that {@link HttpRequest.body} stands for. */
export function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
