import { isIP } from 'node:net';
import { badField, type Field, isObject, string, uint16 } from './field';
import { decodeFields } from './struct';

/** `net.UDPAddr` of Go. */
export interface UdpAddress {
  /** IPv4 or IPv6 as text without brackets; empty for none. */
  readonly ip: string;
  readonly port: number;
  /** The scope of a link-local IPv6 address; empty otherwise. */
  readonly zone: string;
}

/** A pointer to a `net.UDPAddr`. A port beyond 65535, which Go reads and can't send to, is refused. */
export function udpAddress(wireName: string): Field<UdpAddress | undefined> {
  return {
    wireName,
    zero: () => undefined,
    decode(value) {
      if (!isObject(value)) throw badField(wireName, 'an address');
      const { ip, port, zone } = decodeFields(UDP_ADDRESS_FIELDS, value);
      if (ip !== '' && isIP(ip) === 0) throw badField(`${wireName}.IP`, 'an address');
      return { ip, port, zone };
    },
    encode: (value) => value && { IP: value.ip, Port: value.port, Zone: value.zone },
  };
}

const UDP_ADDRESS_FIELDS = { ip: string('IP'), port: uint16('Port'), zone: string('Zone') };
