import { element } from './elements.js';
import { bytesText, numberText, text } from './i18n.js';

/**
 * Shows what was stored.
 * @param {import('./transfer.js').StoredFile} file
 * @param {number} tookMs
 */
export function showStored({ fileId, filename, size, mimeType, sha256 }, tookMs) {
  const seconds = Math.max(tookMs / 1_000, 0.1);
  const fields = {
    id: fileId,
    name: filename,
    size: text('file.bytes', { size: bytesText(size), bytes: numberText(size) }),
    type: mimeType,
    sha256,
    took: text('try.took', { size: bytesText(size), seconds: numberText(seconds), rate: bytesText(size / seconds) }),
  };
  for (const [name, value] of Object.entries(fields)) element(`stored-${name}`, HTMLElement).textContent = value;
}
