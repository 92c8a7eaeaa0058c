import fc from 'fast-check';
import { AuthenticationError } from '../authentication-error';
import { type AddressSet, isQiniuStub, isTrustedStubCaller, parseQiniuStub } from './qiniu-stub';

const refusal = (text: string): string => {
  try {
    parseQiniuStub(`QiniuStub ${text}`);
  } catch (error) {
    if (error instanceof AuthenticationError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('isQiniuStub', () => {
  it('knows its scheme from others', () => {
    expect(isQiniuStub('QiniuStub uid=1&ut=1')).toBe(true);
    for (const other of ['', 'QiniuStub', 'qiniustub uid=1', 'QINIU ak:sig', 'Bearer QiniuStub ']) {
      expect(isQiniuStub(other)).toBe(false);
    }
  });
});

describe('parseQiniuStub', () => {
  it('reads every uint32 but 0 as uid', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffffffff }), (uid) => {
        expect(parseQiniuStub(`QiniuStub uid=${String(uid)}&ut=1`)).toEqual({ uid });
      }),
    );
  });

  it.each(['0', '4294967296', '99999999999', '-1', '+1', '1.5', '1e3', '01', '0x1', '', ' 1', '1%00', 'abc', '１'])(
    'refuses the uid %j',
    (uid) => {
      expect(refusal(`uid=${uid}&ut=1`)).toMatch(/uid must be an integer from 1 to 4294967295/);
    },
  );

  it('asks for uid and ut, in that order', () => {
    expect(refusal('')).toMatch(/: uid must/);
    expect(refusal('ut=1')).toMatch(/: uid must/);
    expect(refusal('uid=1')).toMatch(/: ut must be an integer from 0/);
    expect(refusal('uid=1&ut=-1')).toMatch(/: ut must/);
    expect(refusal('uid=1&ut=0')).toBe('accepted');
  });

  it('reads the sub-account and decodes it', () => {
    expect(parseQiniuStub('QiniuStub uid=1&ut=1&iuid=901&iam_alias=ops%40team&email=a%40b.c')).toEqual({
      uid: 1,
      subAccount: { iuid: '901', iamAlias: 'ops@team' },
      email: 'a@b.c',
    });
    expect(parseQiniuStub('QiniuStub uid=1&ut=1&iuid=901')).toEqual({ uid: 1, subAccount: { iuid: '901' } });
  });

  it('takes an empty iuid and iam_alias for none', () => {
    expect(parseQiniuStub('QiniuStub uid=1&ut=1&iuid=&iam_alias=')).toEqual({ uid: 1 });
  });

  it('does not take a sub-account that names itself by alias only for the main account', () => {
    expect(refusal('uid=1&ut=1&iam_alias=ops')).toMatch(/iuid/);
    expect(refusal('uid=1&ut=1&iuid=&iam_alias=ops')).toMatch(/iuid/);
  });

  it('takes the other fields of the scheme and passes over unknown ones', () => {
    const identity = parseQiniuStub('QiniuStub uid=1&ut=4&app=2&suid=3&sut=4&ak=x&eu=y&new=z');
    expect(identity).toEqual({ uid: 1 });
  });

  it.each(['uid', 'ut', 'iuid', 'iam_alias', 'email'])(
    'refuses %s twice: two readers could pick different ones',
    (name) => {
      expect(refusal(`uid=1&ut=1&iuid=5&iam_alias=a&email=e&${name}=2`)).toMatch(`${name} appears twice`);
    },
  );

  it('bounds texts and keeps control characters out', () => {
    expect(refusal(`uid=1&ut=1&iuid=${'a'.repeat(128)}`)).toBe('accepted');
    expect(refusal(`uid=1&ut=1&iuid=${'a'.repeat(129)}`)).toMatch(/iuid must be 1 to 128 printable/);
    expect(refusal('uid=1&ut=1&iuid=a%00b')).toMatch(/iuid must be/);
    expect(refusal('uid=1&ut=1&iuid=a&iam_alias=%0Ab')).toMatch(/iam_alias must be/);
  });

  it('answers any text with an identity or a refusal', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(typeof refusal(text)).toBe('string');
      }),
    );
  });
});

describe('isTrustedStubCaller', () => {
  const set = (...addresses: readonly string[]): AddressSet => ({ contains: (address) => addresses.includes(address) });
  const caller = (socketAddress: string | undefined, headers = {}, clientAddress = socketAddress ?? ''): boolean =>
    isTrustedStubCaller({ socketAddress, clientAddress, headers }, set('10.0.0.1'), set('192.0.2.1'));

  it('believes a trusted socket address and no other', () => {
    expect(caller('10.0.0.1')).toBe(true);
    expect(caller('10.0.0.2')).toBe(false);
    expect(caller(undefined)).toBe(false);
    expect(caller('192.0.2.1')).toBe(false);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])(
    'does not believe even a trusted address that sends %s',
    (name) => {
      expect(caller('10.0.0.1', { [name]: '10.0.0.1' })).toBe(false);
      expect(caller('10.0.0.1', { [name]: '' })).toBe(false);
      expect(caller('203.0.113.9', { [name]: '10.0.0.1' }, '10.0.0.1')).toBe(false);
    },
  );

  it('believes the address that a named proxy forwards', () => {
    expect(caller('192.0.2.1', { 'x-forwarded-for': '10.0.0.1' }, '10.0.0.1')).toBe(true);
    expect(caller('192.0.2.1', { 'x-forwarded-for': '10.0.0.2' }, '10.0.0.2')).toBe(false);
  });

  it('does not take a proxy for its client when it forwards in a way that is not read', () => {
    const both = set('192.0.2.1');
    const viaProxy = (headers: Record<string, string>): boolean =>
      isTrustedStubCaller({ socketAddress: '192.0.2.1', clientAddress: '192.0.2.1', headers }, both, both);
    expect(viaProxy({})).toBe(true);
    expect(viaProxy({ forwarded: 'for=203.0.113.9' })).toBe(false);
    expect(viaProxy({ 'x-real-ip': '203.0.113.9' })).toBe(false);
  });
});
