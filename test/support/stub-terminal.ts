import { PassThrough } from 'node:stream';
import { StubFetch, type StubAnswer } from './stub-fetch';

/** How a command ended, and all that it wrote. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly stub: StubFetch;
}

/** What a command finds around it. */
export interface CliSurroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly answers?: readonly StubAnswer[];
  /** What is piped into it. */
  readonly stdin?: string;
  /** What a person types, line by line, as the questions come; makes standard input a terminal. */
  readonly typed?: readonly string[];
}

/** Streams, environment and a stub `fetch`, in the shape that the command line takes as its context. */
export class StubTerminal {
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly stub: StubFetch;
  readonly #written = { stdout: '', stderr: '' };

  constructor(surroundings: CliSurroundings) {
    this.stub = new StubFetch(...(surroundings.answers ?? []));
    this.stdin = new PassThrough();
    const typed = [...(surroundings.typed ?? [])];
    this.stdout.on('data', (chunk: Buffer) => (this.#written.stdout += chunk.toString()));
    this.stderr.on('data', (chunk: Buffer) => {
      this.#written.stderr += chunk.toString();
      const line = chunk.toString().endsWith(': ') ? typed.shift() : undefined;
      if (line !== undefined) this.stdin.write(`${line}\r`);
    });
    if (surroundings.typed) this.stdin.isTTY = true;
    else this.stdin.end(surroundings.stdin ?? '');
  }

  /** Waits until everything that was written has been read. */
  async finish(exitCode: number): Promise<CliRun> {
    for (const stream of [this.stdout, this.stderr]) {
      stream.end();
      if (!stream.readableEnded) await new Promise((resolve) => stream.once('end', resolve));
    }
    return { exitCode, ...this.#written, stub: this.stub };
  }
}
