import { apiUrl, parseJson } from './api.js';
import { Refusal, refusalOf } from './refusal.js';

/** @typedef {{ fileId: string, filename: string, size: number, mimeType: string, sha256: string }} StoredFile */

/**
 * Sends a file. By XMLHttpRequest, because `fetch` tells nothing of what has been sent.
 * @param {{
 *   token: string, file: File, idempotencyKey: string, signal: AbortSignal,
 *   onProgress: (sent: number, total: number) => void,
 * }} options `onProgress` is told of bytes of the whole request
 * @returns {Promise<StoredFile>}
 * @throws {Refusal}
 */
export function sendFile({ token, file, idempotencyKey, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    if (!/^[\x21-\x7e]*$/.test(token)) throw new Refusal('INVALID_UPLOAD_TOKEN');
    const form = new FormData();
    form.append('file', file);
    const request = new XMLHttpRequest();
    request.open('POST', apiUrl('upload'));
    if (token !== '') request.setRequestHeader('X-Upload-Token', token);
    request.setRequestHeader('Idempotency-Key', idempotencyKey);
    request.upload.onprogress = ({ loaded, total }) => {
      onProgress(loaded, total);
    };
    request.onload = () => {
      const body = parseJson(request.responseText);
      if (request.status < 300) resolve(/** @type {StoredFile} */ (body));
      else reject(refusalOf(request.status, body, request.getResponseHeader('retry-after')));
    };
    request.onerror = () => {
      reject(new Refusal('NETWORK'));
    };
    request.onabort = () => {
      reject(new Refusal('CANCELLED'));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    request.send(form);
  });
}

/** Names one attempt to store something; whoever repeats it under the same name stores nothing twice. */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
