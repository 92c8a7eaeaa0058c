import { BlockList, isIP } from 'node:net';

/** Addresses that a client may come from: single ones and CIDR blocks, IPv4 and IPv6. */
export class AddressRanges {
  /** Made when it is first asked for: most tokens of a long list are never used. */
  private list: BlockList | undefined;

  /** @param texts each passes {@link isAddressRange} */
  constructor(readonly texts: readonly string[]) {}

  /** @param address as a socket tells it; an IPv4 address may come in its IPv6 form (`::ffff:192.0.2.1`) */
  contains(address: string): boolean {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    const family = isIP(plain);
    if (family === 0) return false;
    this.list ??= compile(this.texts);
    return this.list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }
}

/** Whether a text is an IP address or a CIDR block. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function compile(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
