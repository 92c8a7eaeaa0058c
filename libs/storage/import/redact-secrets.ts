import type { AuditData } from '@tollgate/domain';

const REMOVED = '[removed]';
/** Deeper than any request of ours; what lies below is dropped. */
const MAX_DEPTH = 16;

/** Names under which the original's requests carry secrets. */
const SECRET_NAME =
  /secret|passw|^(?:bearer_?|access_?|refresh_?|upload_?)?token$|api_?key|authorization|signature|credential|private|cookie|^sk$/i;

/** SecretKeys and token values of the original (64 hex) and of ours, anywhere in a text. */
const SECRET_TEXT = /(?:SK_)?[0-9A-Fa-f]{64,}|TG1[0-9A-Za-z]{66}/g;

/** A text without anything that looks like a SecretKey or a token value. */
export function redactText(text: string): string {
  return text.replace(SECRET_TEXT, REMOVED);
}

/**
 * Request data of the original as it may be kept: without secrets, by name and by form, and as plain JSON.
 * @param data an object, JSON text of one, or anything else (kept under `value`)
 */
export function redactRequestData(data: unknown): AuditData {
  const parsed = typeof data === 'string' ? parsedOr(data) : data;
  const plain: unknown = JSON.parse(JSON.stringify(parsed ?? null));
  const redacted = redact(plain, 0);
  return isObject(redacted) ? redacted : { value: redacted };
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return REMOVED;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      redactText(name),
      SECRET_NAME.test(name) ? REMOVED : redact(field, depth + 1),
    ]),
  );
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
