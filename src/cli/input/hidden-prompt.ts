import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';

/**
 * Asks for a line on the terminal without showing what is typed.
 * @throws CliError when it is cancelled
 */
export async function promptHidden({ stdin, stderr }: CliContext, question: string): Promise<string> {
  // readline echoes to its output; this one swallows it. `terminal` puts the tty into raw mode, so that it is silent too.
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => {
        reject(new CliError('cancelled'));
      });
      stderr.write(question);
    });
  } finally {
    lines.close();
    stderr.write('\n');
  }
}
