import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpTargetOptions } from './http-target';
import type { RequestHead } from './request-head';

const BASIC = /^basic +([A-Za-z0-9+/=_-]+)$/i;

/** What a request says of itself by basic authentication (RFC 7617). */
function credentialsOf(header: string | undefined): string | undefined {
  const encoded = header === undefined ? undefined : BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString('utf8');
  return credentials.includes(':') ? credentials : undefined;
}

/** Whether the request is one to a proxy, with the fields that go with that. */
export function isForProxy({ form }: RequestHead): boolean {
  return form === 'absolute' || form === 'authority';
}

/** The user that routes look at; empty where there is none. A request to a proxy may say it in either field. */
export function routeUserOf(head: RequestHead): string {
  const { authorization, proxyAuthorization } = head;
  const credentials = credentialsOf(isForProxy(head) ? (proxyAuthorization ?? authorization) : authorization);
  return credentials === undefined ? '' : credentials.slice(0, credentials.indexOf(':'));
}

/** The user and password of a target. Only their hash is kept. */
export class BasicAuth {
  private constructor(private readonly expected: Buffer) {}

  /** @returns `undefined` when the target asks for none */
  static of({ user = '', password = '' }: HttpTargetOptions): BasicAuth | undefined {
    return user === '' && password === '' ? undefined : new BasicAuth(digest(`${user}:${password}`));
  }

  /** In the same time for every wrong one. */
  admits(head: RequestHead): boolean {
    const credentials = credentialsOf(isForProxy(head) ? head.proxyAuthorization : head.authorization);
    return credentials !== undefined && timingSafeEqual(digest(credentials), this.expected);
  }
}

function digest(credentials: string): Buffer {
  return createHash('sha256').update(credentials).digest();
}
