import { MAX_SCOPES, TollgateError, isScope } from '@tollgate/domain';
import { parseJsonBody } from '../http/body-parser';

/** Bodies remembered, and the longest of them in bytes. Services ask for the same few scopes all the time. */
const MAX_BODIES = 1_000;
const MAX_BODY_BYTES = 256;

/** The scopes that a validate asks for. */
export interface RequestedScopes {
  /** As sent, for the answer; `undefined` when none was asked for. */
  readonly requested: string | readonly string[] | undefined;
  readonly scopes: readonly string[];
  /** The member of a granting answer that repeats them, with a comma before it; empty when none was asked for. */
  readonly grantedJson: string;
}

const NONE: RequestedScopes = { requested: undefined, scopes: [], grantedJson: '' };
const FIELD = 'required_scope';

/**
 * Reads the optional body of a validate. By hand: this runs before every request of every service.
 * @param body parsed JSON, `undefined` when there was none
 * @throws TollgateError `invalid_request`: a wrong type is never "no scope asked"
 */
export function parseValidateBody(body: unknown): RequestedScopes {
  if (body === undefined) return NONE;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new TollgateError('invalid_request', 'request: must be a JSON object');
  }
  const requested = (body as { required_scope?: unknown }).required_scope;
  // Clients written in Go send an empty text for "none".
  if (requested === undefined || requested === '') return NONE;
  if (typeof requested === 'string') {
    requireScope(requested, FIELD);
    return asked(requested, [requested]);
  }
  if (!Array.isArray(requested)) {
    throw new TollgateError('invalid_request', `${FIELD}: must be a text or a list of texts`);
  }
  if (requested.length === 0) return NONE;
  if (requested.length > MAX_SCOPES) {
    throw new TollgateError('invalid_request', `${FIELD}: must have at most ${String(MAX_SCOPES)} entries`);
  }
  const scopes = requested.map((scope: unknown, index) => {
    const field = `${FIELD}.${String(index)}`;
    if (typeof scope !== 'string') throw new TollgateError('invalid_request', `${field}: must be a text`);
    requireScope(scope, field);
    return scope;
  });
  return asked(scopes, scopes);
}

function asked(requested: string | readonly string[], scopes: readonly string[]): RequestedScopes {
  const grantedJson = `,"permission_check":{"requested":${JSON.stringify(requested)},"granted":true}`;
  return { requested, scopes, grantedJson };
}

/** Reads bodies of validations, and remembers what short ones mean: most services send one body for ever. */
export class ValidateBodies {
  private readonly known = new Map<string, RequestedScopes>();

  /**
   * @param body the exact bytes, `undefined` when there were none
   * @throws TollgateError `invalid_request`
   */
  read(body: Buffer | undefined): RequestedScopes {
    if (body === undefined || body.length === 0) return NONE;
    if (body.length > MAX_BODY_BYTES) return parseValidateBody(parseJsonBody(body));
    // One character for each byte, so that no two bodies are the same text.
    const text = body.toString('latin1');
    let requested = this.known.get(text);
    if (requested === undefined) {
      requested = parseValidateBody(parseJsonBody(body));
      if (this.known.size >= MAX_BODIES) this.known.clear();
      this.known.set(text, requested);
    }
    return requested;
  }
}

function requireScope(scope: string, field: string): void {
  if (!isScope(scope)) {
    throw new TollgateError('invalid_request', `${field}: must be *, resource:action or resource:*`);
  }
}

/**
 * The token of `Authorization: Bearer {token}` (RFC 6750, section 2.1; the scheme in any case, RFC 9110, section 11.1).
 * @returns `undefined` when there is none
 */
export function bearerTokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > 512) return undefined;
  if (!authorization.startsWith('Bearer ') && authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = authorization.slice(7).trim();
  return token === '' ? undefined : token;
}

/**
 * Whether a client wants no cached answer: `Cache-Control: no-cache` on a request (RFC 9111, section 5.2.1.4).
 * @param cacheControl the header's value
 */
export function asksFresh(cacheControl: string): boolean {
  return /(?:^|[\s,])no-cache(?:$|[\s,=])/i.test(cacheControl);
}
