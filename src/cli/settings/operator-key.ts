import { existsSync } from 'node:fs';
import { operatorKeyFileIn } from '@tollgate/config';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import { firstLineOfFile } from './connection';

/**
 * The operator's key: from the file that `--operator-key-file` names, else from `OPERATOR_KEY`, else from the file
 * that the api made in its data folder.
 * @throws CliError that says where it was looked for
 */
export function readOperatorKey({ env }: Pick<CliContext, 'env'>, keyFile: string | undefined): string {
  const key = keyFile === undefined ? (env['OPERATOR_KEY'] ?? '') : firstLineOfFile('--operator-key-file', keyFile);
  if (key !== '') return key;
  if (keyFile !== undefined) throw new CliError(`--operator-key-file: ${keyFile} is empty`);
  const path = operatorKeyFileIn(env['DATA_DIR'] || 'data');
  if (!existsSync(path))
    throw new CliError(`no operator key: set OPERATOR_KEY or --operator-key-file (no ${path} here)`);
  return firstLineOfFile('DATA_DIR', path);
}
