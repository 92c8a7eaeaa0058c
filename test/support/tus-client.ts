import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Upload, type UploadOptions } from 'tus-js-client';
import type { DetailedError } from 'tus-js-client';
import { Answer, send } from './http-client';

export const TUS_PATH = '/api/video/tus';
export const PIECE_TYPE = 'application/offset+octet-stream';

/** How an upload by the client ended. */
export interface TusEnd {
  /** JSON of the last answer. */
  readonly body: Record<string, unknown>;
  readonly status: number;
  readonly uploadUrl: string;
}

/** Uploads by a plain tus client, whole or from where `options.uploadUrl` stands. */
export async function tusUpload(
  url: string,
  token: string | undefined,
  content: Buffer,
  options: Partial<UploadOptions> = {},
): Promise<TusEnd> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(content, {
      endpoint: `${url}${TUS_PATH}`,
      headers: token === undefined ? {} : { 'X-Upload-Token': token },
      metadata: { filename: 'clip.mp4', filetype: 'video/mp4' },
      chunkSize: 65_536,
      retryDelays: null,
      onError: reject,
      onSuccess: ({ lastResponse }) => {
        const json = lastResponse.getBody();
        resolve({
          body: json === '' ? {} : (JSON.parse(json) as Record<string, unknown>),
          status: lastResponse.getStatus(),
          uploadUrl: upload.url ?? '',
        });
      },
      ...options,
    });
    upload.start();
  });
}

/** Begins an upload and pauses it when so many bytes have been taken. @returns its address */
export async function tusBegin(url: string, token: string, content: Buffer, pauseAfter: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload: Upload = new Upload(content, {
      endpoint: `${url}${TUS_PATH}`,
      headers: { 'X-Upload-Token': token },
      metadata: { filename: 'clip.mp4' },
      chunkSize: 65_536,
      retryDelays: null,
      onError: reject,
      onChunkComplete: (_size, accepted) => {
        if (accepted < pauseAfter) return;
        void upload.abort().then(() => {
          resolve(upload.url ?? '');
        });
      },
    });
    upload.start();
  });
}

/** The refusal that a tus client ran into: status and code. */
export async function tusRefusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    const response = (error as DetailedError).originalResponse;
    if (response === null) throw error;
    const { code } = JSON.parse(response.getBody()) as { readonly code?: unknown };
    return `${String(response.getStatus())} ${String(code)}`;
  }
  throw new Error('the upload was not refused');
}

/** One request of the protocol by hand. */
export async function tus(
  url: string,
  method: string,
  path: string,
  token: string | undefined,
  headers: Readonly<Record<string, string>> = {},
  body?: Buffer,
): Promise<Answer> {
  return send(url, {
    method,
    path,
    headers: {
      'tus-resumable': '1.0.0',
      ...(token === undefined ? {} : { 'x-upload-token': token }),
      ...headers,
    },
    body,
  });
}

/** Creates an upload by hand. */
export async function tusCreate(
  url: string,
  token: string | undefined,
  size: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return tus(url, 'POST', TUS_PATH, token, { 'upload-length': String(size), ...headers });
}

/** Sends a piece by hand. */
export async function tusPatch(
  url: string,
  path: string,
  token: string | undefined,
  offset: number,
  piece: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const said = { 'upload-offset': String(offset), 'content-type': PIECE_TYPE, ...headers };
  return tus(url, 'PATCH', path, token, said, piece);
}

/** The same without saying how long the piece is. */
export async function tusPatchInChunks(url: string, path: string, token: string, piece: Buffer): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const headers = {
    'tus-resumable': '1.0.0',
    'x-upload-token': token,
    'upload-offset': '0',
    'content-type': PIECE_TYPE,
    'transfer-encoding': 'chunked',
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method: 'PATCH', path, headers }, (incoming) => {
      void text(incoming).then((body) => {
        resolve(new Answer(incoming.statusCode ?? 0, incoming.headers, body));
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(piece);
  });
}

/** The head of a request with a piece, with its empty line. */
export function tusHead(
  method: string,
  token: string,
  headers: Readonly<Record<string, string>>,
  length: number,
  path = TUS_PATH,
): string {
  const said = {
    Host: 'api',
    'Tus-Resumable': '1.0.0',
    'X-Upload-Token': token,
    'Content-Type': PIECE_TYPE,
    'Content-Length': String(length),
    ...headers,
  };
  const lines = Object.entries(said).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}
