import { parseArgs } from 'node:util';
import { SettingsError } from '@tollgate/config';

/**
 * Reads the command line of the gateway: `-c frps.toml` or `--config frps.toml`, as frps has it.
 * @returns the path of the configuration file, if one is named
 * @throws SettingsError that names the argument that is not understood
 */
export function configFileOf(args: readonly string[]): string | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    if (values.config !== '') return values.config;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_PARSE_ARGS_') !== true) throw error;
    const [first = ''] = (error as Error).message.split('. ');
    throw new SettingsError(
      [{ variable: '-c', rule: `is the only option that is known: ${first}` }],
      'the command line',
    );
  }
  throw new SettingsError([{ variable: '-c', rule: 'must name a file' }], 'the command line');
}
