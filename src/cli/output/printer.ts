import type { Writable } from 'node:stream';
import { plainText } from './plain-text';

/** One line of a record: what it is, and its value. A line without value is left out. */
export type Line = readonly [label: string, value: unknown];

/** One column of a table: its heading, and what stands in it for a row. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => unknown];

/** Writes results: tidy text for people, or with `--json` the api's answer as it is. */
export class Printer {
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  readonly #json: boolean;

  constructor(streams: { readonly stdout: Writable; readonly stderr: Writable }, json: boolean) {
    this.#stdout = streams.stdout;
    this.#stderr = streams.stderr;
    this.#json = json;
  }

  /** @param answer what `--json` prints */
  record(answer: unknown, lines: readonly Line[]): void {
    if (this.#json) {
      this.#printJson(answer);
      return;
    }
    const shown = lines.filter(([, value]) => value !== undefined);
    const width = Math.max(0, ...shown.map(([label]) => label.length));
    for (const [label, value] of shown) this.#stdout.write(`${label.padEnd(width)}  ${plainText(value)}\n`);
  }

  /** @param empty the sentence for no rows */
  table<Row>(answer: unknown, columns: readonly Column<Row>[], rows: readonly Row[], empty: string): void {
    if (this.#json) {
      this.#printJson(answer);
      return;
    }
    if (rows.length === 0) {
      this.#stdout.write(`${empty}\n`);
      return;
    }
    const lines = [
      columns.map(([heading]) => heading),
      ...rows.map((row) => columns.map(([, cell]) => plainText(cell(row)))),
    ];
    const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
    for (const line of lines) {
      this.#stdout.write(
        `${line
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
      );
    }
  }

  /** A sentence that says what was done. With `--json` the answer speaks for itself. */
  done(answer: unknown, sentence: string): void {
    if (this.#json) this.#printJson(answer);
    else this.#stdout.write(`${plainText(sentence)}\n`);
  }

  /** Text exactly as it is, for another program to read. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** Something to know that is no part of the result; on stderr, and not with `--json`. */
  note(sentence: string): void {
    if (!this.#json) this.warn(sentence);
  }

  /** Something that may go wrong later; on stderr, always. */
  warn(sentence: string): void {
    this.#stderr.write(`${plainText(sentence)}\n`);
  }

  #printJson(answer: unknown): void {
    this.#stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  }
}
