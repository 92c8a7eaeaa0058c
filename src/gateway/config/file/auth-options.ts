import { readFileSync } from 'node:fs';
import { Secret } from '@tollgate/config';
import type { OptionReader } from './option-reader';

const SCOPES = ['HeartBeats', 'NewWorkConns'];

/** The `auth` table. */
export interface AuthOptions {
  /** From `auth.token` or the file of `auth.tokenSource`. */
  readonly token?: Secret;
  readonly authenticatesHeartbeats: boolean;
  readonly authenticatesWorkConns: boolean;
}

/** Reads how clients prove who they are. What would leave the door open if it were passed over is refused. */
export function readAuthOptions(reader: OptionReader): AuthOptions {
  const method = reader.text('auth.method');
  if (method === 'oidc') reader.refuse('auth.method', 'must be token: OIDC is not served yet');
  else if (method !== undefined && method !== 'token') reader.refuse('auth.method', 'must be token');
  const scopes = reader.textList('auth.additionalScopes') ?? [];
  if (!scopes.every((scope) => SCOPES.includes(scope))) {
    reader.refuse('auth.additionalScopes', `must list nothing but ${SCOPES.join(', ')}`);
  }
  const token = readToken(reader);
  return {
    ...(token === undefined ? {} : { token }),
    authenticatesHeartbeats: scopes.includes('HeartBeats'),
    authenticatesWorkConns: scopes.includes('NewWorkConns'),
  };
}

function readToken(reader: OptionReader): Secret | undefined {
  const token = reader.secret('auth.token');
  const type = reader.text('auth.tokenSource.type');
  const path = reader.text('auth.tokenSource.file.path');
  readExec(reader);
  if (!reader.has('auth.tokenSource')) return token;
  if (token !== undefined) {
    reader.refuse('auth.tokenSource', 'must not be set together with auth.token');
    return undefined;
  }
  if (type !== 'file') {
    reader.refuse('auth.tokenSource.type', 'must be file: no program is run for a token');
    return undefined;
  }
  if (path === undefined) {
    reader.refuse('auth.tokenSource.file.path', 'must be set');
    return undefined;
  }
  try {
    // Blanks around it do not count, as in frp.
    const content = readFileSync(path, 'utf8').trim();
    if (content !== '') return new Secret(content);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    reader.refuse('auth.tokenSource.file.path', `must name a file that can be read (${code ?? 'unreadable'})`);
    return undefined;
  }
  reader.refuse('auth.tokenSource.file.path', 'must name a file that holds a token');
  return undefined;
}

/** Known, so that the one refusal is about the type. */
function readExec(reader: OptionReader): void {
  reader.text('auth.tokenSource.exec.command');
  reader.textList('auth.tokenSource.exec.args');
  for (const variable of reader.tableList('auth.tokenSource.exec.env') ?? []) {
    variable.text('name');
    variable.text('value');
  }
}
