import fc from 'fast-check';
import { WireError } from '../wire-error';
import { parseObject, decodeBody, encodeBody } from './message-body';
import { MESSAGES } from './message-table';
import { decodeFields } from './struct';
import { findUdpPacket } from './udp-packet';

const ADDRESS = '{"IP":"203.0.113.7","Port":40000,"Zone":""}';

/** The way through JSON.parse, without the shorter one. */
function oracle(body: Buffer): unknown {
  try {
    return { type: 'udpPacket', ...decodeFields(MESSAGES.udpPacket.fields, parseObject(body, 'udpPacket')) };
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

function decoded(body: Buffer): unknown {
  try {
    return decodeBody('udpPacket', body);
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

it.each([`{"c":"aGk=","r":${ADDRESS}}`, `{"c":"aGk=","l":${ADDRESS},"r":${ADDRESS}}`, '{"c":"aGk="}'])(
  'reads %s without a parser for the content',
  (json) => {
    const packet = findUdpPacket(Buffer.from(json));
    expect(packet).toEqual(oracle(Buffer.from(json)));
    expect(packet?.content.toString()).toBe('hi');
  },
);

it.each([
  '{"c":"aGk=","c":"aG8="}',
  '{"c":"aGk=",}',
  '{"c":"aGk=","r":null}',
  '{"c":"aGk=", "r":null}',
  '{"c":"aGk="}x',
  '{"c":"aGk="',
  '{"c":"aGk=","r":{}}}',
  '{"c":"aGk',
  '{"c":"aG\\u006b="}',
  '{"c":"aGk=","__proto__":{"r":1}}',
  '{"c":""}',
  '{"c":null}',
  '{ "c":"aGk=" }',
  '{"r":null,"c":"aGk="}',
  '{"c":"aGk=","r":{"IP":"not an address"}}',
  '{"c":"aGk=","r":{"IP":"::1","Port":1,"Zone":"eth0"}}',
])('reads or refuses %s as JSON.parse would', (json) => {
  expect(decoded(Buffer.from(json))).toEqual(oracle(Buffer.from(json)));
});

it('reads or refuses anything near a datagram as JSON.parse would', () => {
  const start = Buffer.from(`{"c":"aGVsbG8=","r":${ADDRESS}}`);
  fc.assert(
    fc.property(fc.nat(start.length - 1), fc.nat(3), fc.uint8Array({ maxLength: 3 }), (at, dropped, put) => {
      const body = Buffer.concat([start.subarray(0, at), put, start.subarray(at + dropped)]);
      expect(decoded(body)).toEqual(oracle(body));
    }),
    { numRuns: 2000 },
  );
});

it.each(['aGk', 'aGk==', 'a===', '====', 'aG-_', 'aG k', 'aGk=\\n', 'aG=k', 'aGk=aGk=', '!!!!'])(
  'refuses %s, which is not base64',
  (content) => {
    expect(decoded(Buffer.from(`{"c":"${content}"}`))).toBe('bad_field');
  },
);

it.each([0, 1, 2, 3, 1500, 65_507])('keeps a datagram of %d bytes, and is Go’s JSON', (length) => {
  const content = Buffer.alloc(length, 0xfb);
  const remote = { ip: 'fe80::1', port: 1, zone: 'eth0' };
  const json = encodeBody({ type: 'udpPacket', content, remote });
  expect(json).toBe(
    `{${length === 0 ? '' : `"c":"${content.toString('base64')}",`}"r":{"IP":"fe80::1","Port":1,"Zone":"eth0"}}`,
  );
  expect(decoded(Buffer.from(json))).toEqual({ type: 'udpPacket', content, local: undefined, remote });
});
