import { resolve } from 'node:path';
import { z } from 'zod';

/** Bounds of a whole number, both inclusive. */
export interface IntegerBounds {
  readonly min?: number;
  readonly max?: number;
}

/** A variable that is `true`, `false`, `1` or `0`, in any case. */
export function flag(fallback: boolean): z.ZodType<boolean> {
  return z
    .string()
    .default(String(fallback))
    .transform((value, context) => {
      const word = value.trim().toLowerCase();
      if (word === 'true' || word === '1') return true;
      if (word === 'false' || word === '0') return false;
      context.addIssue(`must be true, false, 1 or 0 (got ${JSON.stringify(value)})`);
      return z.NEVER;
    });
}

/**
 * A variable that holds a whole number in decimal digits.
 * @param fallback value when unset; without it the variable must be set (or be `.optional()`)
 */
export function integer(fallback?: number, bounds: IntegerBounds = {}): z.ZodType<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
  const text = fallback === undefined ? z.string() : z.string().default(String(fallback));
  return text.transform((value, context) => {
    const number = /^-?\d{1,16}$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    const range = bounds.max === undefined ? `of at least ${String(min)}` : `from ${String(min)} to ${String(max)}`;
    context.addIssue(`must be a whole number ${range} (got ${JSON.stringify(value)})`);
    return z.NEVER;
  });
}

/** A variable that holds a TCP or UDP port; 0 lets the system choose a free one. */
export function port(fallback?: number): z.ZodType<number> {
  return integer(fallback, { min: 0, max: 65_535 });
}

/** A variable that is one of a few words. */
export function choice<const W extends string>(words: readonly W[], fallback: NoInfer<W>): z.ZodType<W> {
  return z
    .string()
    .default(fallback)
    .transform((value, context) => {
      const word = words.find((candidate) => candidate === value.trim());
      if (word !== undefined) return word;
      context.addIssue(`must be one of ${words.join(', ')} (got ${JSON.stringify(value)})`);
      return z.NEVER;
    });
}

/** A variable that holds free text. */
export function text(fallback?: string): z.ZodType<string> {
  return fallback === undefined ? z.string() : z.string().default(fallback);
}

/** A variable that holds comma-separated words; blanks around them do not count. */
export function textList(fallback = ''): z.ZodType<readonly string[]> {
  return z
    .string()
    .default(fallback)
    .transform((value) =>
      value
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    );
}

/** A variable that names a folder; its value is the absolute path. */
export function directory(fallback?: string): z.ZodType<string> {
  const path = fallback === undefined ? z.string() : z.string().default(fallback);
  return path.transform((named) => resolve(named));
}

/**
 * A variable that holds an http or https address, without a password in it (such a value would end up in logs) and
 * without a trailing slash.
 * @param fallback value when unset; without it the variable must be set (or be `.optional()`)
 */
export function httpUrl(fallback?: string): z.ZodType<string> {
  const address = fallback === undefined ? z.string() : z.string().default(fallback);
  return address.transform((value, context) => {
    const url = URL.canParse(value.trim()) ? new URL(value.trim()) : undefined;
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      context.addIssue('must be a whole address that begins with http:// or https://');
      return z.NEVER;
    }
    if (url.username !== '' || url.password !== '') {
      context.addIssue('must not carry a user name or password');
      return z.NEVER;
    }
    return value.trim().replace(/\/+$/, '');
  });
}
