import type { Environment } from '@tollgate/config';

/** What Go's templates put where a variable is not set; frp lets it through. */
export const NOT_SET = '<no value>';

const ACTION = /\{\{(?:-(?=\s))?([^]*?)(?:(?<=\s)-)?\}\}/g;
const TRIMMED_LEFT = /\s*(\{\{-\s)/g;
const TRIMMED_RIGHT = /(\s-\}\})\s*/g;
const VARIABLE = /^\s*(?:\.Envs\.([A-Za-z_]\w*)|index\s+\.Envs\s+"([^"\\\s]+)")\s*$/;
const COMMENT = /^\s*\/\*[^]*\*\/\s*$/;

/** A configuration file whose templates were filled in. */
export interface RenderedFile {
  readonly content: string;
  /** Variables that are named in it and not set: {@link NOT_SET} stands in their place. */
  readonly missing: readonly string[];
}

/** A template that does more than name a variable. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  /** @param line from 1 on */
  constructor(line: number) {
    super(`has a template on line ${String(line)} that is not read: only {{ .Envs.NAME }} is`);
  }
}

/**
 * Fills in `{{ .Envs.NAME }}`, as frp does before it reads a file (frp `pkg/config/load.go`, Go `text/template`). Its loops over port
 * ranges are of use to clients only and are not read.
 * @throws TemplateError
 */
export function renderTemplate(content: string, env: Environment): RenderedFile {
  const missing = new Set<string>();
  const trimmed = content.replace(TRIMMED_LEFT, '$1').replace(TRIMMED_RIGHT, '$1');
  const rendered = trimmed.replace(ACTION, (_whole, action: string, offset: number) => {
    if (COMMENT.test(action)) return '';
    const [, dotted, indexed] = VARIABLE.exec(action) ?? [];
    const name = dotted ?? indexed;
    if (name === undefined) throw new TemplateError(trimmed.slice(0, offset).split('\n').length);
    const value = env[name];
    if (value === undefined) missing.add(name);
    return value ?? NOT_SET;
  });
  return { content: rendered, missing: [...missing] };
}
