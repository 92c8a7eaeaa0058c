import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformFileSync } from '@swc/core';

const ROOT = join(__dirname, '..', '..');
const SOURCE = /^(?!.*\.(?:spec|d)\.ts$).*\.ts$/;

/** Libraries as plain JavaScript, for what Jest can't run from source: worker threads and child processes. */
export interface CompiledLibs {
  /** Holds `libs/…` as in the project; packages resolve from it as they do there. */
  readonly folder: string;
  remove(): void;
}

/** @param folders below `libs/`, such as `domain` or `storage/sqlite` */
export function compileLibs(folders: readonly string[]): CompiledLibs {
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'compiled-libs-'));
  for (const name of folders) {
    const sources = readdirSync(join(ROOT, 'libs', name), { recursive: true, encoding: 'utf8' });
    for (const source of sources.filter((file) => SOURCE.test(file))) compile(join('libs', name, source), folder);
  }
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function compile(source: string, folder: string): void {
  const target = join(folder, source.replace(/\.ts$/, '.js'));
  const { code } = transformFileSync(join(ROOT, source), {
    configFile: false,
    swcrc: false,
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
    },
    module: { type: 'commonjs' },
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, resolveAliases(code, dirname(source)));
}

/** `@tollgate/<lib>` as a path relative to the importing file, as the real build writes it. */
function resolveAliases(code: string, from: string): string {
  return code.replace(/require\("@tollgate\/([a-z-]+)"\)/g, (_match, lib: string) => {
    return `require("${relative(from, join('libs', lib, 'index'))}")`;
  });
}
