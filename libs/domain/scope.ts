/** Longest scope accepted, in characters. */
export const MAX_SCOPE_LENGTH = 128;
/** Most scopes one token may carry or one validate may ask for. */
export const MAX_SCOPES = 64;

/** No control characters, and no lone surrogates: a store would turn those into another character. */
const SCOPE_PATTERN = /^[^\s:*\p{Cc}\p{Cs}]+:(?:\*|[^\s:*\p{Cc}\p{Cs}]+)$/u;

/**
 * Whether a text is a scope: `*`, `resource:action` or `resource:*`, exactly one colon, both sides not empty.
 * Any resource is allowed: the catalogue of `/permissions` is no whitelist.
 */
export function isScope(value: string): boolean {
  return value.length <= MAX_SCOPE_LENGTH && (value === '*' || SCOPE_PATTERN.test(value));
}

/** The scopes of one token, compiled once so that a check costs one or two set look-ups. */
export class GrantedScopes {
  private readonly all: boolean;
  private readonly exact: ReadonlySet<string>;

  /** @param scopes as stored on the token; texts that are no scope grant nothing but themselves */
  constructor(scopes: readonly string[]) {
    this.all = scopes.includes('*');
    this.exact = new Set(scopes);
  }

  /** Whether `required` is granted: exact match, `resource:*` for every action of the resource, `*` for everything. */
  grants(required: string): boolean {
    if (this.all || this.exact.has(required)) return true;
    const colon = required.indexOf(':');
    return colon > 0 && this.exact.has(`${required.slice(0, colon)}:*`);
  }

  /** Whether every one of `required` is granted. */
  grantsAll(required: readonly string[]): boolean {
    return required.every((scope) => this.grants(scope));
  }
}
