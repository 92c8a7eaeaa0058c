import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import { readFirstLine } from './first-line';
import { promptHidden } from './hidden-prompt';

/**
 * A new password, from standard input or typed twice. There is no flag for the value: other users of the machine see
 * a command's arguments, and a shell keeps them.
 */
export async function readNewPassword(context: CliContext, fromStdin: boolean): Promise<string> {
  if (fromStdin) {
    const password = await readFirstLine(context.stdin);
    if (password === '') throw new CliError('--password-stdin: standard input is empty');
    return password;
  }
  if (context.stdin.isTTY !== true) throw new CliError('no terminal to ask for the password: use --password-stdin');
  const password = await promptHidden(context, 'Password: ');
  if ((await promptHidden(context, 'Password again: ')) !== password) throw new CliError('the passwords differ');
  return password;
}
