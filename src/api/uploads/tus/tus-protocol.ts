import type { IncomingMessage } from 'node:http';
import { TollgateError } from '@tollgate/domain';
import { Server, type ServerOptions } from '@tus/server';
import { NO_UPLOAD, TusStore, type TusUpload } from './tus-store';

export const TUS_PATH = '/api/video/tus';
export const TUS_VERSION = '1.0.0';
/** Of a body that is a piece of an upload. */
export const PIECE_TYPE = 'application/offset+octet-stream';

/** Headers of a request that the protocol is about. */
const ASKED = /^(?:tus-|upload-|content-(?:type|length)$)/;
/** Headers of an answer that it is about; the rest of what the server sets is not ours to say. */
const TOLD = /^(?:tus-(?!resumable)|upload-|location$)/;

/** A refusal by the protocol's own rules. */
export class TusError extends Error {
  override readonly name = 'TusError';

  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export interface TusAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const NO_LOCKS = { newLock: () => ({ lock: () => Promise.resolve(), unlock: () => Promise.resolve() }) };

/** @throws TusError for a request of another version of the protocol, or of none */
export function assertVersion({ headers }: IncomingMessage): void {
  if (headers['tus-resumable'] !== TUS_VERSION) throw new TusError(412, `Tus-Resumable must be ${TUS_VERSION}`);
}

/**
 * Has a request for an upload answered by the rules of tus 1.0.
 * @param expiresInMs of the upload, if nothing more is heard of it
 * @throws TusError; whatever the upload throws
 */
export async function speakTus(raw: IncomingMessage, upload: TusUpload, expiresInMs: number): Promise<TusAnswer> {
  return serve(raw, { datastore: new TusStore(upload, expiresInMs), namingFunction: () => upload.id });
}

/**
 * Says what can be done here, to a request with OPTIONS.
 * @param maxBytes of the largest upload
 */
export async function describeTus(raw: IncomingMessage, maxBytes: number): Promise<TusAnswer> {
  return serve(raw, { datastore: new TusStore(NO_UPLOAD, 0), maxSize: maxBytes });
}

async function serve(
  raw: IncomingMessage,
  options: Pick<ServerOptions, 'namingFunction' | 'maxSize'> & { readonly datastore: TusStore },
): Promise<TusAnswer> {
  let fault: unknown;
  const server = new Server({
    ...options,
    path: TUS_PATH,
    relativeLocation: true,
    // The whole request has its turn already.
    locker: NO_LOCKS,
    onResponseError: (_request, error) => {
      fault = error;
      return undefined;
    },
  });
  const url = new URL(raw.url ?? '', 'http://localhost');
  const response = await server.handleWeb(new Request(url, { method: raw.method ?? '', headers: askedOf(raw) }));
  const { status } = response;
  if (fault instanceof Error) throw fault;
  if (status >= 400) throw refusalOf(status, (await response.text()).trim());
  const headers = [...response.headers].filter(([name]) => TOLD.test(name));
  return { status, headers: Object.fromEntries(headers) };
}

function refusalOf(status: number, text: string): Error {
  if (status === 501) return new TollgateError('not_supported', text);
  return status >= 500 ? new Error(`tus: ${text}`) : new TusError(status, text);
}

function askedOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && ASKED.test(name) ? [[name, value] as [string, string]] : [],
  );
}
