import type { IncomingMessage } from 'node:http';
import type { MultipartFields, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { UploadError } from './upload-error';
import { invalidForm } from './upload-refusals';

/** Bounds on everything in a form that is not the file; `docs/limits.md` lists them. */
export const FORM_LIMITS = {
  /** The file and the text fields. */
  parts: 16,
  fields: 8,
  fieldBytes: 16_384,
  fieldNameBytes: 256,
  /** Of one part. */
  headerPairs: 32,
  /** All bytes of a body but the file's: delimiters, headers, text fields, and whatever stands around them. */
  overheadBytes: 524_288,
} as const;

/** Takes the file of a form as it comes in. */
export interface FormSink {
  /** @param name as the client says; anything */
  begin(name: string | undefined): void;
  /** The next call comes after this one has resolved. */
  write(chunk: Buffer): Promise<void>;
}

/** The client went away in the middle: there is nobody to answer. */
export class BrokenOffError extends Error {
  override readonly name = 'BrokenOffError';
}

/**
 * Reads a multipart form with one file, streaming. What is wrong with it is found as early as it can be, and never costs
 * more memory than a few chunks.
 */
export class UploadForm {
  private readonly raw: IncomingMessage;
  private readonly stopping = new AbortController();
  private file: MultipartFile['file'] | undefined;
  private sinkFailed = false;
  private toldBytes = 0;
  /** Of the body, read so far. */
  receivedBytes = 0;

  constructor(private readonly request: FastifyRequest) {
    this.raw = request.raw;
  }

  /**
   * @param signal ends the reading with its reason
   * @throws UploadError INVALID_MULTIPART or MISSING_FILE; BrokenOffError; whatever the sink throws; the signal's reason
   */
  async read(sink: FormSink, signal: AbortSignal): Promise<void> {
    this.assertConnected();
    const stop = AbortSignal.any([signal, this.stopping.signal]);
    const stopped = rejectionOf(stop);
    const count = (chunk: Buffer): void => {
      this.count(chunk);
    };
    stop.addEventListener('abort', () => this.file?.destroy(stop.reason as Error));
    this.raw.on('data', count);
    try {
      await this.readParts(sink, stopped);
      await Promise.race([this.readToEnd(), stopped]);
    } catch (error) {
      throw this.explain(error, stop);
    } finally {
      this.raw.off('data', count);
      this.raw.unpipe();
    }
  }

  /**
   * Reads the body and throws it away.
   * @param maxBytes that are read
   * @param tooMuch thrown when there are more
   * @throws BrokenOffError; the signal's reason
   */
  async discard(maxBytes: number, tooMuch: UploadError, signal: AbortSignal): Promise<void> {
    const count = (chunk: Buffer): void => {
      this.receivedBytes += chunk.length;
      if (this.receivedBytes > maxBytes) this.stopping.abort(tooMuch);
    };
    this.raw.on('data', count);
    try {
      await Promise.race([this.readToEnd(), rejectionOf(AbortSignal.any([signal, this.stopping.signal]))]);
    } finally {
      this.raw.off('data', count);
    }
  }

  /** Bytes received since this was asked last. */
  takeReceived(): number {
    const bytes = this.receivedBytes - this.toldBytes;
    this.toldBytes = this.receivedBytes;
    return bytes;
  }

  private async readParts(sink: FormSink, stopped: Promise<never>): Promise<void> {
    const parts = this.request.parts({
      preservePath: true,
      limits: {
        parts: FORM_LIMITS.parts,
        fields: FORM_LIMITS.fields,
        fieldSize: FORM_LIMITS.fieldBytes,
        headerPairs: FORM_LIMITS.headerPairs,
        // Whoever takes the file counts its bytes.
        fileSize: Number.MAX_SAFE_INTEGER,
      },
    });
    for (;;) {
      const next = await Promise.race([parts.next(), stopped]);
      if (next.done === true) break;
      const part = next.value;
      if (part.type === 'field') {
        assertSmall(part);
        continue;
      }
      if (this.file !== undefined) throw invalidForm('it has more than one file');
      this.file = part.file;
      await this.readFile(part, sink);
    }
    if (this.file === undefined) throw new UploadError('MISSING_FILE', 'the form has no file');
  }

  private async readFile({ file, filename }: MultipartFile, sink: FormSink): Promise<void> {
    // Undefined, whatever its type says, where the client gave none.
    sink.begin(filename);
    for await (const chunk of file) {
      try {
        await sink.write(chunk as Buffer);
      } catch (error) {
        this.sinkFailed = true;
        throw error;
      }
    }
  }

  /** What stands behind the closing delimiter means nothing, but has to have an end before the upload may count. */
  private async readToEnd(): Promise<void> {
    if (this.raw.readableEnded) return;
    this.assertConnected();
    await new Promise<void>((resolve, reject) => {
      this.raw.once('end', resolve);
      this.raw.once('close', () => {
        reject(new BrokenOffError('the client went away'));
      });
      this.raw.resume();
    });
  }

  private count(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    // The parser may have a few chunks yet that it has not looked at.
    if (this.receivedBytes - (this.file?.bytesRead ?? 0) > FORM_LIMITS.overheadBytes) {
      this.stopping.abort(invalidForm('it has too much beside the file'));
    }
  }

  private assertConnected(): void {
    if (this.isBrokenOff) throw new BrokenOffError('the client went away');
  }

  private get isBrokenOff(): boolean {
    return this.raw.destroyed && !this.raw.readableEnded;
  }

  private explain(error: unknown, stop: AbortSignal): unknown {
    if (stop.aborted) return stop.reason;
    if (error instanceof UploadError) return error;
    if (this.isBrokenOff) return new BrokenOffError('the client went away');
    if (this.sinkFailed) return error;
    // All else is the parser's: an error with a code of the plugin, or with nothing but a text.
    return invalidForm(PARSER_TEXTS[(error as ParserError).code ?? ''] ?? 'it is malformed or has no end');
  }
}

const PARSER_TEXTS: Readonly<Record<string, string>> = {
  FST_PARTS_LIMIT: `it has more than ${String(FORM_LIMITS.parts)} parts`,
  FST_FIELDS_LIMIT: `it has more than ${String(FORM_LIMITS.fields)} text fields`,
  FST_PROTO_VIOLATION: 'a part has a name that is not allowed',
};

interface ParserError {
  readonly code?: string;
}

function assertSmall(part: Extract<MultipartFields[string], { type: 'field' }>): void {
  if (part.valueTruncated || part.fieldnameTruncated) throw invalidForm('a text field is too large');
  // Undefined, whatever its type says, where the client gave none.
  const name = part.fieldname as string | undefined;
  if (name !== undefined && Buffer.byteLength(name) > FORM_LIMITS.fieldNameBytes) {
    throw invalidForm('a field name is too long');
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  // It may come when nobody waits for it any more.
  rejection.catch(() => undefined);
  return rejection;
}
