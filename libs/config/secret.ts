import { z } from 'zod';

const HIDDEN = '[secret]';

/** A setting that must not be printed: every way of turning it into text shows `[secret]`, only `reveal` the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/** What a secret's text must look like; the value never appears in a problem. */
export interface SecretRule {
  /** In characters; 1 by default. */
  readonly minLength?: number;
  readonly pattern?: RegExp;
  /** The pattern in words, such as `must be 64 hex digits`. */
  readonly rule?: string;
  /** Value when unset. */
  readonly fallback?: string;
}

/** A variable whose value is a secret. Add `.optional()` where it may be unset. */
export function secret(rule: SecretRule = {}): z.ZodType<Secret> {
  const { minLength = 1, pattern } = rule;
  const text = rule.fallback === undefined ? z.string() : z.string().default(rule.fallback);
  return text.transform((value, context) => {
    if (value.length < minLength) {
      context.addIssue(rule.rule ?? `must have at least ${String(minLength)} characters`);
      return z.NEVER;
    }
    if (pattern?.test(value) === false) {
      context.addIssue(rule.rule ?? 'has the wrong form');
      return z.NEVER;
    }
    return new Secret(value);
  });
}

/**
 * A connection string, which may carry a password and is therefore a {@link Secret}. Only its beginning is checked:
 * forms such as `mongodb://a:1,b:2/db` are no URLs in the sense of the `URL` class.
 * @param schemes such as `mongodb`, without `://`
 */
export function secretUrl(...schemes: readonly string[]): z.ZodType<Secret> {
  const starts = schemes.map((scheme) => `${scheme}://`);
  return z.string().transform((text, context) => {
    const value = text.trim();
    if (!starts.some((start) => value.startsWith(start) && value.length > start.length)) {
      context.addIssue(`must begin with ${starts.join(' or ')} and name a host`);
      return z.NEVER;
    }
    return new Secret(value);
  });
}
