import type { CliContext } from './cli-context';
import { EXIT, type ExitCode } from './cli-error';
import { toFailure } from './failure';
import { plainText } from './output/plain-text';
import { buildProgram } from './program';

/**
 * Runs one command to its end. Never rejects: what goes wrong is one line on stderr and the exit code.
 * @param args what follows the program's name
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<ExitCode> {
  try {
    await buildProgram(context).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    const { line, exitCode } = toFailure(error);
    if (line !== undefined) context.stderr.write(`error: ${plainText(line)}\n`);
    return exitCode;
  }
}
