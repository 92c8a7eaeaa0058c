import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const TOLERANCE_MS = 5 * 60_000;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/;

interface Answer {
  readonly status: number;
  readonly json: object;
}

/** A server that takes nothing but well-signed requests: the contract's rules at their strictest, written anew. */
export interface VerifyingServer {
  readonly url: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The raw bodies of the accepted `POST /api/v2/tokens`. */
  readonly createBodies: readonly Buffer[];
  close(): Promise<void>;
}

/**
 * Creates and lists tokens in memory. It shares no code with the api or the client, wants the query signed, fractional
 * seconds, and each signature once, whatever the method.
 */
export async function startVerifyingServer(): Promise<VerifyingServer> {
  const accessKey = `AK_${randomBytes(16).toString('hex')}`;
  const secretKey = `SK_${randomBytes(32).toString('hex')}`;
  const used = new Set<string>();
  const createBodies: Buffer[] = [];
  const tokens: object[] = [];

  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => {
        const problem = signatureProblem(request, body, { accessKey, secretKey, used });
        return problem === undefined ? route(request, body) : { status: 401, json: { error: problem } };
      })
      .then(({ status, json }) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
      });
  });

  function route(request: IncomingMessage, body: Buffer): Answer {
    if (request.method === 'POST' && request.url === '/api/v2/tokens') {
      createBodies.push(body);
      const { description, scope } = JSON.parse(body.toString('utf8')) as { description: string; scope: string[] };
      const token = { token_id: `tk_${randomBytes(11).toString('hex')}`, description, scope };
      tokens.push(token);
      return { status: 201, json: { ...token, token: `sk-${randomBytes(32).toString('hex')}` } };
    }
    if (request.method === 'GET' && request.url === '/api/v2/tokens?active_only=true&limit=10') {
      return { status: 200, json: { tokens, total: tokens.length } };
    }
    return { status: 404, json: { error: 'not found' } };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    accessKey,
    secretKey,
    createBodies,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function signatureProblem(
  request: IncomingMessage,
  body: Buffer,
  { accessKey, secretKey, used }: { accessKey: string; secretKey: string; used: Set<string> },
): string | undefined {
  const date = request.headers['x-qiniu-date'];
  if (typeof date !== 'string' || !DATE.test(date)) return 'no date with fractional seconds';
  if (Math.abs(Date.now() - Date.parse(date)) > TOLERANCE_MS) return 'date too far off';
  const head = Buffer.from([request.method, request.url, date, ''].join('\n'), 'utf8');
  const expected = createHmac('sha256', secretKey)
    .update(Buffer.concat([head, body]))
    .digest('base64');
  if (request.headers.authorization !== `QINIU ${accessKey}:${expected}`) return 'wrong signature';
  if (used.has(expected)) return 'signature used before';
  used.add(expected);
  return undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
