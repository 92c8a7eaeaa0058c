import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A suite that needs one of frp's own programs. Those are nobody's to install, so where there is none the suite is skipped and says so.
 * @param name of the program, `frpc` or `frps`
 * @param variable names the program's path, if it is not on PATH
 */
export function describeWithBinary(
  suite: string,
  { name, variable }: { readonly name: string; readonly variable: string },
  define: (binary: string) => void,
): void {
  const binary = process.env[variable] ?? findOnPath(name);
  if (binary === undefined) {
    console.warn(`SKIPPED: ${suite}: there is no ${name}; ${variable} may name one`);
    describe.skip(suite, () => {
      define('');
    });
    return;
  }
  describe(suite, () => {
    define(binary);
  });
}

function findOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
