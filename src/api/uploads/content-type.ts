import { fileTypeFromBuffer } from 'file-type/core';

/** Of a content, its first bytes: as many as its type is told by. */
export const TYPE_BYTES = 4_100;

export interface DetectedType {
  /** In lower case, without parameters. */
  readonly type: string;
  /** Usual for the type, without the dot. */
  readonly extension: string;
}

/**
 * What a content is, by its first bytes alone: neither its name nor what the client says it is counts.
 * @param head {@link TYPE_BYTES}, or all of a shorter content
 * @returns `undefined` for what has no mark of its own, such as any text
 */
export async function detectType(head: Buffer): Promise<DetectedType | undefined> {
  const found = await fileTypeFromBuffer(head);
  return found === undefined ? undefined : { type: found.mime.toLowerCase(), extension: found.ext };
}
