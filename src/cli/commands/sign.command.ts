import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { RequestDates, signRequest } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import { readAtMost } from '../input/first-line';
import { type CurlRequest, toCurl } from '../output/curl';
import { Session } from '../session';

interface SignOptions {
  readonly body?: string;
  readonly bodyFile?: string;
  readonly curl?: boolean;
}

interface SignedBody {
  readonly bytes: Uint8Array;
  readonly source: CurlRequest['body'];
}

const MAX_BODY_BYTES = 1024 * 1024;

/** `tollgate sign`: the headers of one signed request, or a curl command that sends it. Sends nothing itself. */
export function addSignCommand(program: Command, context: CliContext): void {
  program
    .command('sign')
    .description('sign one request: prints its headers, or a curl command with --curl; sends nothing')
    .argument('<method>', 'GET, POST, PUT, PATCH or DELETE')
    .argument('<uri>', 'path with query as it goes over the wire, such as /api/v2/tokens?limit=10')
    .option('--body <text>', 'the exact body')
    .option('--body-file <file>', 'file that holds the exact body, - for standard input')
    .option('--curl', 'print a curl command')
    .action(async (methodText: string, uri: string, _options: SignOptions, command: Command) => {
      const session = new Session<SignOptions>(context, command);
      const method = checkedMethod(methodText);
      const url = checkedUrl(session.connection.url(), uri);
      const body = await readBody(context, session.options);
      const { accessKey, secretKey } = await session.connection.keys();
      const date = new RequestDates(context.clock ?? { nowMs: Date.now }).next();
      const headers = signRequest({ method, uri, body: body?.bytes ?? '', accessKey, secretKey, date });
      if (session.options.curl === true) {
        session.print.raw(`${toCurl({ method, url, headers, body: body?.source })}\n`);
      } else if (session.options.json === true) {
        session.print.record({ method, url, headers }, []);
      } else {
        session.print.raw(`Authorization: ${headers.Authorization}\nX-Qiniu-Date: ${headers['X-Qiniu-Date']}\n`);
      }
    });
}

function checkedMethod(text: string): string {
  const method = text.toUpperCase();
  if (!/^(GET|POST|PUT|PATCH|DELETE)$/.test(method)) throw new CliError('<method>: GET, POST, PUT, PATCH or DELETE');
  return method;
}

/** The whole address. A path that an HTTP client would rewrite is refused: its signature would not hold. */
function checkedUrl(baseUrl: string, uri: string): string {
  const origin = 'http://api.invalid';
  const parsed = uri.startsWith('/') && URL.canParse(origin + uri) ? new URL(origin + uri) : undefined;
  if (parsed === undefined) throw new CliError('<uri>: a path that starts with /');
  const onTheWire = parsed.pathname + parsed.search;
  if (onTheWire !== uri) throw new CliError(`<uri>: write it as it goes over the wire: ${onTheWire}`);
  return baseUrl + uri;
}

async function readBody(context: CliContext, { body, bodyFile }: SignOptions): Promise<SignedBody | undefined> {
  if (body !== undefined && bodyFile !== undefined) throw new CliError('--body and --body-file exclude each other');
  if (body !== undefined) return { bytes: Buffer.from(body, 'utf8'), source: { text: body } };
  if (bodyFile === undefined) return undefined;
  if (bodyFile === '-') {
    const bytes = await readAtMost(context.stdin, MAX_BODY_BYTES);
    return { bytes, source: { text: asText(bytes) } };
  }
  try {
    return { bytes: readFileSync(bodyFile), source: { file: bodyFile } };
  } catch {
    throw new CliError(`--body-file: cannot read ${bodyFile}`);
  }
}

/** A curl command can hold text only; bytes must come from a file. */
function asText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (text.includes('\0') || !Buffer.from(text, 'utf8').equals(bytes)) {
    throw new CliError('--body-file -: standard input is no UTF-8 text; name a file');
  }
  return text;
}
