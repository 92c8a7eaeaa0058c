import { type LookupAddress, type LookupAllOptions, lookup as dnsLookup } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import type { CidrList } from '@tollgate/config';
import { isPublicAddress } from './public-address';

/** A callback's address is one that it must not reach. Its text names neither the address nor the network. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';

  constructor() {
    super('the address is not public');
  }
}

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Which addresses callbacks may reach: public ones, and the networks that the installation names. */
export class CallbackNetwork {
  /**
   * @param allowed networks that may be reached although they are not public
   * @param resolve the system's own by default
   */
  constructor(
    private readonly allowed: CidrList,
    private readonly resolve: Resolve = dnsLookup,
  ) {}

  mayReach(address: string): boolean {
    return isPublicAddress(address) || this.allowed.contains(address);
  }

  /**
   * For a URL before it is connected to: Node connects to a literal address without asking {@link lookup}.
   * @throws ForbiddenAddressError
   */
  checkLiteral(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !this.mayReach(host)) throw new ForbiddenAddressError();
  }

  /**
   * Resolves a name at the moment of connecting, and hands over what it has checked: a name that answers differently the
   * next time gains nothing. One forbidden address among several is enough to refuse the name.
   */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const { family, hints } = options;
    const wanted = {
      all: true as const,
      ...(family === undefined ? {} : { family }),
      ...(hints === undefined ? {} : { hints }),
    };
    this.resolve(hostname, wanted, (error, addresses) => {
      const [first] = (addresses as LookupAddress[] | undefined) ?? [];
      if (error !== null) callback(error, '');
      else if (first === undefined || !addresses.every(({ address }) => this.mayReach(address))) {
        callback(new ForbiddenAddressError(), '');
      } else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
