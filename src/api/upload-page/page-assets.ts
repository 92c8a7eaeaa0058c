import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Of the files that a page consists of; others in the folder are not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** A file of the page, ready to be sent. */
export interface PageAsset {
  readonly type: string;
  /** Strong; changes with the content. */
  readonly etag: string;
  readonly body: Buffer;
}

/**
 * Reads a page's files, which are few and small: nothing is read from the disk when they are asked for.
 * @param folder without folders in it
 * @returns them by their name; nothing else can be asked for, however a path is spelt
 */
export function readPageAssets(folder: string): ReadonlyMap<string, PageAsset> {
  const assets = new Map<string, PageAsset>();
  for (const name of readdirSync(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(join(folder, name));
    assets.set(name, { type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, body });
  }
  return assets;
}

/** Whether a client has it already, by its `If-None-Match` (RFC 9110, section 13.1.2: compared weakly). */
export function isCurrent({ etag }: PageAsset, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
