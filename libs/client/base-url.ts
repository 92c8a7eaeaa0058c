import { TollgateUsageError } from './errors';

/**
 * Where the api is. A path in it is for a proxy that strips it again: requests go below it, signatures cover what
 * the api itself sees.
 */
export class BaseUrl {
  readonly #root: string;
  /** For messages: origin and path, never credentials (they are refused). */
  readonly text: string;

  /** @throws TollgateUsageError unless it is an http(s) URL without credentials, query and fragment */
  constructor(baseUrl: string) {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw new TollgateUsageError('baseUrl must be an http or https URL');
    }
    if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
      throw new TollgateUsageError('baseUrl must not hold credentials, a query or a fragment');
    }
    this.#root = url.pathname.replace(/\/+$/, '');
    this.text = url.origin + this.#root;
  }

  /** The address of a path with query. */
  resolve(uri: string): string {
    return this.text + uri;
  }
}
