import { VHOST_LIMITS } from '../limits';
import { HttpError } from './http-error';

/** One field of a head. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  /** Without blanks around it. */
  readonly value: string;
  /** Where its line starts and ends in the head's text; its line break included. */
  readonly start: number;
  readonly end: number;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const TOKEN = tableOf("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
/** RFC 9110, section 5.5: visible characters, blanks, and bytes of 8 bits. */
const VALUE = new Uint8Array(256).map((_, byte) => (byte === TAB || (byte >= SPACE && byte !== 0x7f) ? 1 : 0));
const NAME_PATTERN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE_PATTERN = /^[\t\x20-\x7e\x80-\xff]*$/;

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

/** Whether a name could be that of a field. */
export function isFieldName(name: string): boolean {
  return NAME_PATTERN.test(name);
}

/** Whether a value can stand in a head, as bytes of latin1, without being anything else there. */
export function isFieldValue(value: string): boolean {
  return VALUE_PATTERN.test(value);
}

/**
 * Parses field lines, as strictly as RFC 9112 allows (sections 2.2 and 5): a bare CR or LF, a blank before the colon, a folded line and
 * a control character are all errors, because somebody else may read them differently.
 * @param bytes the head
 * @param text the same as latin1, from the same start
 * @param from where the first line starts
 * @param to behind the line break of the last line
 * @throws HttpError
 */
export function parseFields(bytes: Buffer, text: string, from: number, to: number): HeaderField[] {
  const fields: HeaderField[] = [];
  for (let at = from; at < to;) {
    const start = at;
    while (TOKEN[bytes[at] ?? 0] === 1) at += 1;
    if (at === start || bytes[at] !== COLON) throw new HttpError('bad_field');
    const name = text.slice(start, at).toLowerCase();
    at += 1;
    while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
    const valueStart = at;
    while (VALUE[bytes[at] ?? 0] === 1) at += 1;
    if (bytes[at] !== CR || bytes[at + 1] !== LF || at + 2 > to) throw new HttpError('bad_field');
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd -= 1;
    at += 2;
    if (fields.push({ name, value: text.slice(valueStart, valueEnd), start, end: at }) > VHOST_LIMITS.maxFields) {
      throw new HttpError('head_too_large');
    }
  }
  return fields;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/**
 * Parses a list of tokens such as `Connection` has.
 * @param into is added to, in lower case
 */
export function addTokens(value: string, into: Set<string>): void {
  for (const part of value.split(',')) {
    const token = part.trim().toLowerCase();
    if (token !== '') into.add(token);
  }
}
