import type { SignatureHeaders } from '@tollgate/client';

/** One signed request, ready for a shell. */
export interface CurlRequest {
  readonly method: string;
  /** Absolute, exactly as it goes over the wire. */
  readonly url: string;
  readonly headers: SignatureHeaders;
  /** Text given on the command line, or the file it was read from. */
  readonly body: { readonly text: string } | { readonly file: string } | undefined;
}

/** A curl command for a POSIX shell that sends exactly what was signed. */
export function toCurl({ method, url, headers, body }: CurlRequest): string {
  const words = ['curl', '-sS', '--globoff', '--path-as-is', '-X', method, quote(url)];
  for (const [name, value] of Object.entries(headers)) words.push('-H', quote(`${name}: ${String(value)}`));
  if (body !== undefined) words.push('-H', quote('Content-Type: application/json'));
  if (body !== undefined && 'text' in body) words.push('--data-raw', quote(body.text));
  if (body !== undefined && 'file' in body) words.push('--data-binary', quote(`@${body.file}`));
  return words.join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
