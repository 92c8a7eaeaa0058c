import { createHmac } from 'node:crypto';
import { Answer, type Json, bytesOf, send } from './http-client';

/** How a signed request departs from the usual. */
export interface SigningOptions {
  /** `X-Qiniu-Date`; by default now, with nine digits that no other request has. */
  readonly date?: string;
  /** What is signed as the URI; the path with its query by default. */
  readonly signedUri?: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  /** On top of, or in place of, the signed ones. `undefined` takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

let requests = 0;

/** Now in RFC 3339 with nine fractional digits, the last six of which count up: no two requests are alike. */
export function uniqueDate(nowMs = Date.now()): string {
  requests += 1;
  return new Date(nowMs).toISOString().replace('Z', `${String(requests).padStart(6, '0')}Z`);
}

/**
 * The headers of a signed request, straight from the contract. Written apart from `libs/client`, so that one mistake
 * can't hide in both.
 */
export function signatureHeaders(
  key: { readonly accessKey: string; readonly secretKey: string },
  request: { readonly method: string; readonly uri: string; readonly date: string; readonly body?: Buffer | undefined },
): Record<'Authorization' | 'X-Qiniu-Date', string> {
  const signature = createHmac('sha256', key.secretKey)
    .update(`${request.method}\n${request.uri}\n${request.date}\n`)
    .update(request.body ?? '')
    .digest('base64');
  return { Authorization: `QINIU ${key.accessKey}:${signature}`, 'X-Qiniu-Date': request.date };
}

/** A tenant with its keys. */
export class Tenant {
  constructor(
    readonly url: string,
    readonly accountId: string,
    readonly accessKey: string,
    readonly secretKey: string,
  ) {}

  /** Sends a signed request, with `Content-Type: application/json` also where there is no body, as old clients do. */
  async call(method: string, path: string, body?: unknown, options: SigningOptions = {}): Promise<Answer> {
    const bytes = bytesOf(body);
    const key = { accessKey: options.accessKey ?? this.accessKey, secretKey: options.secretKey ?? this.secretKey };
    const date = options.date ?? uniqueDate();
    const uri = options.signedUri ?? path;
    const headers: Record<string, string | undefined> = {
      'Content-Type': 'application/json',
      ...signatureHeaders(key, { method, uri, date, body: bytes }),
      ...options.headers,
    };
    const present = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return send(this.url, { method, path, headers: Object.fromEntries(present), body: bytes });
  }

  async createToken(fields: Json = {}): Promise<Answer> {
    return expectStatus(201, await this.call('POST', '/api/v2/tokens', { description: 'a token', ...fields }));
  }

  async tokenTotal(): Promise<number> {
    return Number((await this.call('GET', '/api/v2/tokens?limit=1')).body['total']);
  }

  async auditTotal(): Promise<number> {
    return Number((await this.call('GET', '/api/v2/audit-logs?limit=1')).body['total']);
  }
}

let emails = 0;

/** An address that nobody else registers. */
export function newEmail(): string {
  emails += 1;
  return `tenant${String(emails)}.${String(process.pid)}@example.com`;
}

export async function register(url: string, fields: Json = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const body = { email: newEmail(), company: 'Example Ltd', password: 'correct horse', ...fields };
  return send(url, {
    method: 'POST',
    path: '/api/v2/accounts/register',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });
}

export async function newTenant(url: string): Promise<Tenant> {
  const answer = expectStatus(201, await register(url));
  return new Tenant(url, answer.string('account_id'), answer.string('access_key'), answer.string('secret_key'));
}

export async function validate(url: string, token: string, body?: unknown, path = '/api/v2/validate'): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  return send(url, { method: 'POST', path, headers, body });
}

/** A caller with a key in `Authorization: Bearer`, such as an operator. */
export async function callWithBearer(
  url: string,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
  return send(url, { method, path, headers, body });
}

/** The answer itself, or an error that shows it. */
export function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status !== status) {
    throw new Error(`status ${String(answer.status)} instead of ${String(status)}: ${answer.text.slice(0, 300)}`);
  }
  return answer;
}
