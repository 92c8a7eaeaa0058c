import { TollgateUsageError } from './errors';

const ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * A path with the query that is set; keys with `undefined` are left out. The result is already in the form in which
 * `fetch` sends it, so that it can be signed as it is.
 */
export function uriWithQuery(path: string, query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, string | number | boolean | undefined][]) {
    if (value !== undefined) parameters.append(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}

/**
 * An id as a path segment.
 * @param name of the parameter, for the message
 * @throws TollgateUsageError for what can't be an id; `..` would name another route
 */
export function idSegment(name: string, id: string): string {
  if (!ID_PATTERN.test(id)) throw new TollgateUsageError(`${name} must be 1 to 64 characters of [A-Za-z0-9_-]`);
  return id;
}
