import { crc32 } from 'node:zlib';

const CHECKSUM_CHARS = 8;

/** A record as one line: the CRC-32 of its JSON in hex, a space, the JSON, a line feed. */
export function journalLine(record: object): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

/** @returns the record, or `undefined` when the line is not whole */
export function readJournalLine(line: string): object | undefined {
  const json = line.slice(CHECKSUM_CHARS + 1);
  if (line[CHECKSUM_CHARS] !== ' ' || line.slice(0, CHECKSUM_CHARS) !== checksum(json)) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(CHECKSUM_CHARS, '0');
}
