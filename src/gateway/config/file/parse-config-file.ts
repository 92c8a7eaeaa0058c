import { extname } from 'node:path';
import type { Environment } from '@tollgate/config';
import { TomlError, parse as parseToml } from 'smol-toml';
import { parseDocument as parseYaml } from 'yaml';
import { TemplateError, renderTemplate } from './render-template';

/** A configuration file's tables, as they stand in it. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/** The file can't be read as one of frps. The text never quotes the file, which may hold secrets. */
export class ConfigSyntaxError extends Error {
  override readonly name = 'ConfigSyntaxError';
}

const LEGACY_INI = /^\s*\[\s*common\s*\]\s*(?:[#;].*)?$/m;

/**
 * Reads TOML, YAML or JSON in frp's order: TOML is tried first whatever the file is called; then JSON where the text begins with a
 * brace, else YAML (frp `pkg/config/load.go`, `LoadConfigure`).
 * @param path tells which syntax a faulty file was meant in
 * @param env fills in the file's templates
 * @throws ConfigSyntaxError
 */
export function parseConfigFile(source: string, path: string, env: Environment): ConfigTree {
  const text = source.replace(/^\uFEFF/, '');
  const isJson = /^\s*\{(?!\{)/.test(text);
  if (!isJson && LEGACY_INI.test(text)) {
    throw new ConfigSyntaxError("is in frp's old INI format, which is not read: write it as TOML, YAML or JSON");
  }
  const { content, missing } = render(text, env);
  try {
    return parse(content, extname(path).toLowerCase());
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError) || missing.length === 0) throw error;
    throw new ConfigSyntaxError(`${error.message}; it uses ${missing.join(', ')} of the environment, which is not set`);
  }
}

function render(text: string, env: Environment): { content: string; missing: readonly string[] } {
  try {
    return renderTemplate(text, env);
  } catch (error) {
    throw error instanceof TemplateError ? new ConfigSyntaxError(error.message) : error;
  }
}

function parse(content: string, extension: string): ConfigTree {
  try {
    return parseToml(content, { maxDepth: 64 });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The lines below the first quote the file.
    const [first = ''] = error.message.split('\n');
    const reason = first.replace('Invalid TOML document: ', '');
    if (extension === '.toml') throw faultAt('TOML', error.line, error.column, reason);
  }
  return /^\s*\{/.test(content) ? parseJson(content) : parseYamlTree(content);
}

function parseJson(content: string): ConfigTree {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    // Nothing else of the message: it quotes what is there.
    const position = / position (\d+)/.exec((error as Error).message)?.[1];
    if (position === undefined) throw new ConfigSyntaxError('is not JSON, although it begins with a brace');
    const lines = content.slice(0, Number(position)).split('\n');
    throw faultAt('JSON', lines.length, (lines.at(-1) ?? '').length + 1);
  }
  return mustBeTree(value, 'JSON');
}

function parseYamlTree(content: string): ConfigTree {
  // As frp's reader: YAML 1.1, in which `yes` is true and `<<` merges. Only the code of an error is free of the file's content.
  const document = parseYaml(content, { version: '1.1', merge: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line = 1, col = 1 } = error.linePos?.[0] ?? {};
    throw faultAt('YAML', line, col, error.code.toLowerCase().replaceAll('_', ' '));
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch {
    throw new ConfigSyntaxError('is not YAML: it refers to an anchor that does not exist, or too often to one');
  }
  const tree = mustBeTree(value ?? {}, 'YAML');
  // Where frp's users put their anchors.
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !key.startsWith('.')));
}

function mustBeTree(value: unknown, syntax: string): ConfigTree {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ConfigTree;
  throw new ConfigSyntaxError(`holds no settings: as ${syntax} it is something else than a table`);
}

function faultAt(syntax: string, line: number, column: number, reason?: string): ConfigSyntaxError {
  const where = `line ${String(line)}, column ${String(column)}`;
  return new ConfigSyntaxError(`is not ${syntax}: ${where}${reason === undefined ? '' : `: ${reason}`}`);
}
