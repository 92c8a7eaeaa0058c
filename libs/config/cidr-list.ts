import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** A set of networks that an address can be looked up in. */
export class CidrList {
  readonly #networks = new BlockList();

  /**
   * @param entries `10.0.0.0/8`, `fd00::/8`, or single addresses
   * @throws TypeError naming the first entry that is neither
   */
  constructor(readonly entries: readonly string[]) {
    for (const entry of entries) {
      const { address, prefix, family } = parseCidr(entry);
      this.#networks.addSubnet(address, prefix, family);
    }
  }

  /**
   * Whether an address lies in one of the networks. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) counts as the
   * IPv4 address it is; text that is no address lies in none.
   */
  contains(address: string): boolean {
    const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
    const version = isIP(plain);
    return version !== 0 && this.#networks.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  }
}

interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parseCidr(entry: string): Cidr {
  const [address = '', prefixText, ...rest] = entry.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (version === 0 || address.includes('%') || rest.length > 0 || !(prefix <= bits)) {
    throw new TypeError(`${JSON.stringify(entry)} is neither an address nor a network such as 10.0.0.0/8`);
  }
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/**
 * A variable that holds a comma-separated list of networks or single addresses.
 * @param fallback list when unset; empty by default, so that nobody is trusted
 */
export function cidrList(fallback = ''): z.ZodType<CidrList> {
  return z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const entries = text
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
      try {
        return new CidrList(entries);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        context.addIssue(`must be a comma-separated list of networks: ${error.message}`);
        return z.NEVER;
      }
    });
}
