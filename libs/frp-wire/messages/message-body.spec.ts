import fc from 'fast-check';
import { anyFrpMessage } from '../../../test/support/frp-message-arbitrary';
import { WireError, type WireErrorCode } from '../wire-error';
import type { Field } from './field';
import type { MessageType } from './message';
import { decodeBody, encodeBody } from './message-body';
import { MESSAGES } from './message-table';
import type { Fields } from './struct';

function decode(type: MessageType, json: string) {
  return decodeBody(type, Buffer.from(json));
}

function codeOf(type: MessageType, json: string | Buffer): WireErrorCode | undefined {
  try {
    decodeBody(type, Buffer.from(json));
    return undefined;
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

function fieldsOf(type: MessageType): readonly Field<unknown>[] {
  const fields: Fields = MESSAGES[type].fields;
  return Object.values(fields);
}

const TYPES = Object.keys(MESSAGES) as MessageType[];

it('reads every message that it writes', () => {
  fc.assert(
    fc.property(anyFrpMessage, (message) => {
      expect(decode(message.type, encodeBody(message))).toEqual(message);
    }),
    { numRuns: 500 },
  );
});

describe('what a message leaves out', () => {
  it.each(TYPES)('is zero in %s, as for null, and is not written', (type) => {
    const empty = decode(type, '{}');
    const nulls = fieldsOf(type).map(({ wireName }) => `"${wireName}":null`);
    expect(decode(type, `{${nulls.join()}}`)).toEqual(empty);
    const nested = { login: '{"client_spec":{}}', natHoleResp: '{"detect_behavior":{}}' } as Partial<
      Record<MessageType, string>
    >;
    expect(encodeBody(empty)).toBe(nested[type] ?? '{}');
    expect(encodeBody({ type })).toBe(nested[type] ?? '{}');
  });
});

describe('a field of a wrong JSON type', () => {
  it.each<[MessageType, string]>([
    ['login', '{"pool_count":"1"}'],
    ['login', '{"pool_count":1.5}'],
    ['login', '{"pool_count":true}'],
    ['login', '{"timestamp":[]}'],
    ['login', '{"version":1}'],
    ['login', '{"version":{}}'],
    ['login', '{"metas":[]}'],
    ['login', '{"metas":{"a":1}}'],
    ['login', '{"client_spec":[]}'],
    ['login', '{"client_spec":{"always_auth_pass":"true"}}'],
    ['newProxy', '{"use_encryption":1}'],
    ['newProxy', '{"custom_domains":"a.example"}'],
    ['newProxy', '{"custom_domains":{"0":"a.example"}}'],
    ['newProxy', '{"custom_domains":[1]}'],
    ['natHoleResp', '{"detect_behavior":{"candidate_ports":{}}}'],
    ['natHoleResp', '{"detect_behavior":{"candidate_ports":[1]}}'],
    ['udpPacket', '{"c":1}'],
    ['udpPacket', '{"r":"203.0.113.7:40000"}'],
    ['udpPacket', '{"c":"aGk=","r":{"IP":1}}'],
  ])('is refused: %s %s', (type, json) => {
    expect(codeOf(type, json)).toBe('bad_field');
  });

  it('is refused before a right one of the same name', () => {
    expect(decode('login', '{"version":1,"version":"2"}')).toMatchObject({ version: '2' });
    expect(codeOf('login', '{"version":"2","version":1}')).toBe('bad_field');
  });
});

describe('numbers', () => {
  it.each(['9007199254740991', '-9007199254740991', '0', '-0', '65536'])('%s is an int', (number) => {
    expect(decode('login', `{"pool_count":${number}}`)).toMatchObject({ poolCount: Number(number) + 0 });
  });

  it.each(['9007199254740992', '-9007199254740992', '1e400', '-1e400', '18446744073709551616'])(
    '%s is more than a double holds exactly, and refused',
    (number) => {
      expect(codeOf('login', `{"timestamp":${number}}`)).toBe('bad_field');
    },
  );

  it.each([
    ['65535', undefined],
    ['65536', 'bad_field'],
    ['-1', 'bad_field'],
  ])('a port of %s: %s', (number, code) => {
    expect(codeOf('startWorkConn', `{"src_port":${number}}`)).toBe(code);
    expect(codeOf('udpPacket', `{"c":"aGk=","r":{"Port":${number}}}`)).toBe(code);
  });
});

describe('what is no message', () => {
  it.each(['', 'null', '[]', '"login"', '1', 'true', '{', '{}{}', "{'a':1}", '{"a":1,}', '\ufeff{}', '\u0000'])(
    '%j is refused',
    (json) => {
      expect(codeOf('login', json)).toBe('bad_json');
      expect(codeOf('udpPacket', json)).toBe('bad_json');
    },
  );

  it('errors show nothing of what was sent', () => {
    expect(() => decode('login', '{"token":"s3cr3t"')).toThrow(/^login is not JSON$/u);
    expect(() => decode('login', '{"privilege_key":["s3cr3t"]}')).toThrow(/^privilege_key is not a string$/u);
  });
});

describe('what JavaScript would trip over', () => {
  it('ignores fields that nobody knows, whatever they are called', () => {
    const message = decode(
      'login',
      '{"__proto__":{"version":"x"},"constructor":1,"toString":null,"new_field":[{}],"user":"u"}',
    );
    expect(message).toEqual({ ...decode('login', '{}'), user: 'u' });
    expect(Object.getPrototypeOf(message)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['version']).toBeUndefined();
  });

  it('keeps __proto__ as a key of a map, without effect', () => {
    const message = decode('newProxy', '{"headers":{"__proto__":"a","constructor":"b"}}');
    if (message.type !== 'newProxy') throw new Error('not a NewProxy');
    expect(Object.entries(message.headers)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(message.headers['toString']).toBeUndefined();
    expect(message.metas['toString']).toBeUndefined();
    expect(encodeBody(message)).toBe('{"headers":{"__proto__":"a","constructor":"b"}}');
  });

  it('refuses __proto__ of another type than string in a map', () => {
    expect(codeOf('newProxy', '{"headers":{"__proto__":{"admin":"yes"}}}')).toBe('bad_field');
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
  ])('is not upset by deeply nested %s', (_, open, close) => {
    const depth = 10_000;
    const deep = `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`;
    expect(decode('login', `{"unknown":${deep},"user":"u"}`)).toMatchObject({ user: 'u' });
    expect(codeOf('login', `{"user":${deep}}`)).toBe('bad_field');
    expect(codeOf('login', open.repeat(depth))).toBe('bad_json');
  });

  it('reads invalid UTF-8 as U+FFFD', () => {
    const json = Buffer.concat([Buffer.from('{"user":"'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')]);
    expect(decodeBody('login', json)).toMatchObject({ user: '\ufffd\ufffd\ufffd' });
  });

  it('treats null in a list and in a map as empty', () => {
    const message = decode('newProxy', '{"custom_domains":[null,"a"],"metas":{"k":null}}');
    expect(message).toMatchObject({ customDomains: ['', 'a'], metas: { k: '' } });
  });
});

it('writes maps in the order of their keys, as Go does', () => {
  const metas = { b: '1', a: '2', B: '3' };
  expect(encodeBody({ type: 'login', metas })).toBe('{"metas":{"B":"3","a":"2","b":"1"},"client_spec":{}}');
});
