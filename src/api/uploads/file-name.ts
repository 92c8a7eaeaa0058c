import type { UploadTokenOptions } from '@tollgate/domain';

/** Longest name that common file systems hold, in UTF-8 bytes. */
const MAX_NAME_BYTES = 255;
/** Longest extension that is kept when a name is cut, dot included. */
const MAX_EXTENSION = 17;
const FALLBACK_STEM = 'upload';

/** What a browser of old sends before the name itself: the path it had on the client's disk. */
const UP_TO_LAST_SEPARATOR = /^.*[/\\]/su;
const DRIVE_LETTER = /^[a-z]:/iu;
/**
 * Control characters, and what shows nothing or turns the order of what it stands in: zero-width and bidirectional
 * characters, line separators, fillers, private use.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{2800}\u{3164}\u{FFA0}]/gu;
/** What means something to a file system or a shell, above all to Windows'. */
const SPECIAL = /[<>:"|?*/\\]/gu;
/** Windows' devices, whatever extension they are given. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)/iu;

/**
 * The name that an upload is shown under: what its token says, or what it was sent as.
 * @param sent by the client; anything
 * @param extension of what the content is, without the dot, for an upload that has no name
 * @returns never empty, never a path, at most 255 UTF-8 bytes
 */
export function storedFileName(
  sent: string | undefined,
  { fileName, fileNamePrefix }: Pick<UploadTokenOptions, 'fileName' | 'fileNamePrefix'>,
  extension: string,
): string {
  const fallback = `${FALLBACK_STEM}.${extension}`;
  if (fileName !== undefined) return cleanFileName(fileName, fallback);
  const name = cleanFileName(sent ?? '', fallback);
  return fileNamePrefix === undefined
    ? name
    : cleanFileName(`${fileNamePrefix.replace(SPECIAL, '_')}${name}`, fallback);
}

/**
 * Makes a name of any text that people can read and programs can save under.
 * @param fallback for a text of which nothing is left; itself a name
 */
export function cleanFileName(text: string, fallback: string): string {
  const base = text.normalize('NFC').replace(UP_TO_LAST_SEPARATOR, '').replace(DRIVE_LETTER, '');
  const readable = base.replace(INVISIBLE, '').replace(SPECIAL, '_').replace(/\s+/gu, ' ');
  // Dots in front hide a file or lead upwards; Windows drops dots and spaces at the end.
  const name = readable.replace(/^[. ]+|[. ]+$/gu, '').replace(DEVICE, '_$&');
  return name === '' ? fallback : shorten(name);
}

/** Cuts the stem, never the extension, and never inside a character. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION ? name.slice(dot) : '';
  const room = MAX_NAME_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > room) break;
    stem += character;
  }
  return `${stem.trimEnd()}${extension}`;
}
