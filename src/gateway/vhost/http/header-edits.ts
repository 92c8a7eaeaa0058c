import { isFieldName, isFieldValue } from './header-block';

/** Fields that are set in a head, in place of what it has by these names. */
export interface HeaderEdits {
  /** In lower case. */
  readonly names: ReadonlySet<string>;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** All of them as they stand in a head. */
  readonly lines: string;
}

/** What belongs to a connection or frames a body, and so is nobody's to set. */
const OURS = new Set(
  'connection content-length host keep-alive proxy-connection te trailer transfer-encoding upgrade'.split(' '),
);

/**
 * Whether a proxy may ask for a field to be set. What may not be set is left out of the heads without another word, so a proxy
 * that asks for it is best refused.
 */
export function isSettableField(name: string, value: string): boolean {
  return isFieldName(name) && !OURS.has(name.toLowerCase()) && isFieldValue(latin1Of(value));
}

export function compileEdits(headers: Readonly<Record<string, string>> | undefined): HeaderEdits {
  const fields = Object.entries(headers ?? {})
    .filter(([name, value]) => isSettableField(name, value))
    .map(([name, value]) => [name, latin1Of(value)] as const);
  return {
    names: new Set(fields.map(([name]) => name.toLowerCase())),
    fields,
    lines: fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
  };
}

/** Text as the bytes of UTF-8 that stand in a head, each a character. */
function latin1Of(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
