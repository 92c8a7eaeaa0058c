import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, send } from './http-client';
import { issueUploadToken } from './upload-tokens';

export const UPLOAD_PATH = '/api/video/upload';
export const BOUNDARY = 'a-test-boundary';
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** What makes an MP4 of whatever follows: its `ftyp` box. */
const MP4_HEAD = Buffer.from('00000018667479706d70343200000000' + '6d70343269736f6d', 'hex');

/** Content of an MP4 for whoever looks at its first bytes; no two are the same. */
export function videoBytes(size = 2_000): Buffer {
  return Buffer.concat([MP4_HEAD, randomBytes(Math.max(0, size - MP4_HEAD.length))]).subarray(0, size);
}

export function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** One part of a form; a file where it has a file name. */
export interface FormPart {
  readonly name?: string;
  readonly fileName?: string;
  readonly content: Buffer | string;
  /** Header lines in place of the usual ones. */
  readonly head?: string;
}

/** The bytes of a form. */
export function formBody(parts: readonly FormPart[], boundary = BOUNDARY): Buffer {
  const chunks = parts.flatMap(({ name = 'file', fileName, content, head }) => [
    Buffer.from(`--${boundary}\r\n`),
    Buffer.from(head ?? headOf(name, fileName)),
    Buffer.from('\r\n\r\n'),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

function headOf(name: string, fileName: string | undefined): string {
  const disposition = `Content-Disposition: form-data; name="${name}"`;
  if (fileName === undefined) return disposition;
  return `${disposition}; filename="${fileName}"\r\nContent-Type: application/octet-stream`;
}

/** A form with one file. */
export function fileForm(content: Buffer | string = videoBytes(), fileName = 'clip.mp4'): Buffer {
  return formBody([{ fileName, content }]);
}

/** Uploads a form; by default one with a small video. */
export async function upload(
  url: string,
  token: string | undefined,
  body: Buffer = fileForm(),
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return send(url, {
    method: 'POST',
    path: UPLOAD_PATH,
    headers: {
      'content-type': FORM_TYPE,
      ...(token === undefined ? {} : { 'x-upload-token': token }),
      ...headers,
    },
    body,
  });
}

/** The head of an upload, with its empty line. */
export function uploadHead(token: string, length: number | 'chunked', ...lines: readonly string[]): string {
  const size = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${String(length)}`;
  return [
    `POST ${UPLOAD_PATH} HTTP/1.1`,
    'Host: api',
    `Content-Type: ${FORM_TYPE}`,
    `X-Upload-Token: ${token}`,
    size,
    ...lines,
    '',
    '',
  ].join('\r\n');
}

/** A new token's value. */
export async function newUploadToken(url: string, fields: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return (await issueUploadToken(url, fields)).string('token');
}

/** Everything that lies in the folder of uploads, finished or not, by its path there. */
export function contentsIn(dataDir: string): readonly string[] {
  const folder = join(dataDir, 'uploads');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
