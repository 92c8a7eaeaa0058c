import fc from 'fast-check';
import { TUNNEL_TOKEN_LIMITS } from './limits';
import { findFieldErrors, parseTunnelToken } from './parse-tunnel-token';
import {
  derivedTunnelTokenId,
  formatTunnelToken,
  maskTunnelToken,
  newTunnelTokenId,
  type TunnelToken,
} from './tunnel-token';

const VALUE = 'tenant-secret-token';

function read(fields: Record<string, unknown>): TunnelToken {
  const parsed = parseTunnelToken(VALUE, JSON.stringify({ token: VALUE, region: 'eu', enabled: true, ...fields }));
  if (parsed.kind === 'invalid') throw new Error(`${parsed.field} ${parsed.reason}`);
  return parsed.token;
}

describe('parseTunnelToken', () => {
  it('reads every field of the contract and of ours', () => {
    const id = newTunnelTokenId();
    const token = read({
      id,
      accountId: 'acc_1',
      allowPorts: [{ start: 7002, end: 7010 }, { single: 22 }, { single: 0, start: 7000, end: 7001 }],
      bandwidthLimit: '10MB',
      maxPortsPerClient: 5,
      suspended: true,
      trafficReportIntervalMB: 50,
      description: 'a tenant',
      expiresAt: '2027-01-31T01:00:00+01:00',
      maxClients: 1,
      maxPorts: 2,
      maxConnections: 3,
      allowIPs: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'],
      monthlyTrafficGB: 1.5,
      monthlyTrafficPolicy: 'throttle',
      subdomains: ['Web'],
      customDomains: ['*.Example.com', '*', 'example.org'],
      createdAt: '2026-01-01T00:00:00Z',
    });
    const { allowIPs, document, ...rest } = token;
    expect(rest).toStrictEqual({
      token: VALUE,
      id,
      accountId: 'acc_1',
      region: 'eu',
      enabled: true,
      suspended: true,
      allowPorts: [
        { start: 22, end: 22 },
        { start: 7000, end: 7010 },
      ],
      maxPortsPerClient: 5,
      bandwidthLimitBytes: 10_485_760,
      trafficReportIntervalBytes: 52_428_800,
      description: 'a tenant',
      expiresAt: new Date('2027-01-31T00:00:00Z'),
      maxClients: 1,
      maxPorts: 2,
      maxConnections: 3,
      monthlyTrafficBytes: 1_610_612_736,
      monthlyTrafficPolicy: 'throttle',
      subdomains: ['web'],
      customDomains: ['*.example.com', '*', 'example.org'],
      createdAt: new Date('2026-01-01T00:00:00Z'),
    });
    const addresses = [
      '10.255.0.1',
      '::ffff:10.1.1.1',
      '2001:db8::1',
      '192.0.2.1',
      '192.0.2.2',
      '11.0.0.1',
      '2001:db9::',
      'x',
    ];
    expect(addresses.map((address) => allowIPs?.contains(address))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(document['token']).toBe(VALUE);
  });

  it('leaves absent what is absent or null, with no limits and no reports', () => {
    const { document: _document, ...token } = read({ allowPorts: null, bandwidthLimit: null, maxClients: null });
    expect(token).toStrictEqual({
      token: VALUE,
      id: derivedTunnelTokenId(VALUE),
      region: 'eu',
      enabled: true,
      suspended: false,
      bandwidthLimitBytes: 0,
      trafficReportIntervalBytes: 0,
      description: '',
      monthlyTrafficPolicy: 'refuse',
    });
  });

  it('takes an empty list of ports as none at all', () => {
    expect(read({ allowPorts: [] }).allowPorts).toEqual([]);
  });

  it.each([
    [{ enabled: undefined }],
    [{ enabled: 'true' }],
    [{ enabled: 1 }],
    [{ region: undefined }],
    [{ enabled: false }],
  ])('knows a token with %j, and does not let it in', (fields) => {
    expect(read(fields).enabled).toBe(false);
  });

  it.each([
    ['region', 7],
    ['region', ''],
    ['suspended', 'no'],
    ['allowPorts', { start: 1, end: 2 }],
    ['allowPorts', [{ start: 0, end: 2 }]],
    ['allowPorts', [{ start: 3, end: 2 }]],
    ['allowPorts', [{ single: 65_536 }]],
    ['allowPorts', [{}]],
    ['allowPorts', [80]],
    ['bandwidthLimit', '10mb'],
    ['bandwidthLimit', '10 MB'],
    ['bandwidthLimit', '-1MB'],
    ['bandwidthLimit', 10],
    ['maxPortsPerClient', 1.5],
    ['maxPortsPerClient', -1],
    ['trafficReportIntervalMB', '5'],
    ['trafficReportIntervalMB', Number.MAX_SAFE_INTEGER],
    ['description', 5],
    ['expiresAt', 'tomorrow'],
    ['expiresAt', '2027-13-01T00:00:00Z'],
    ['expiresAt', '2027-02-29T00:00:00Z'],
    ['expiresAt', 1_700_000_000],
    ['allowIPs', ['10.0.0.0/33']],
    ['allowIPs', ['10.0.0']],
    ['monthlyTrafficGB', -1],
    ['monthlyTrafficPolicy', 'warn'],
    ['subdomains', ['a.b']],
    ['customDomains', ['*.*.com']],
    ['accountId', 'a b'],
  ])('names the field when %s is %j, and never a value', (field, value) => {
    const text = JSON.stringify({ token: VALUE, region: 'eu', enabled: true, [field]: value });
    expect(parseTunnelToken(VALUE, text)).toEqual({ kind: 'invalid', field, reason: expect.any(String) as string });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['another token', '{"token":"other"}'],
    ['no token', '{}'],
  ])('refuses %s without saying what it holds', (_name, text) => {
    const parsed = parseTunnelToken(VALUE, text);
    expect(parsed.kind).toBe('invalid');
    expect(JSON.stringify(parsed)).not.toMatch(/other|secret/);
  });

  it('refuses the empty token, which would let everyone in', () => {
    expect(parseTunnelToken('', '{"token":"","region":"eu","enabled":true}')).toMatchObject({ field: 'token' });
  });

  it('takes as many ports, characters and bytes as its limits say, and not one more', () => {
    const entries = (count: number) => Array.from({ length: count }, () => ({ single: 1 }));
    expect(read({ allowPorts: entries(TUNNEL_TOKEN_LIMITS.portRanges) }).allowPorts).toHaveLength(1);
    expect(() => read({ allowPorts: entries(TUNNEL_TOKEN_LIMITS.portRanges + 1) })).toThrow('allowPorts');
    const long = 'x'.repeat(TUNNEL_TOKEN_LIMITS.tokenChars);
    expect(parseTunnelToken(long, JSON.stringify({ token: long })).kind).toBe('token');
    expect(parseTunnelToken(`${long}x`, JSON.stringify({ token: `${long}x` })).kind).toBe('invalid');
    const padded = (bytes: number): string => JSON.stringify({ token: VALUE }).padEnd(bytes);
    expect(parseTunnelToken(VALUE, padded(TUNNEL_TOKEN_LIMITS.documentBytes)).kind).toBe('token');
    expect(parseTunnelToken(VALUE, padded(TUNNEL_TOKEN_LIMITS.documentBytes + 1)).kind).toBe('invalid');
  });

  it('never throws, and writes back what it read, whatever that is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        const document = { ...fields, token: VALUE };
        const parsed = parseTunnelToken(VALUE, JSON.stringify(document));
        if (parsed.kind === 'invalid') return;
        expect(formatTunnelToken(parsed.token.document)).toBe(JSON.stringify(document));
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseTunnelToken(VALUE, text).kind).toBe('invalid');
      }),
    );
  });
});

describe('findFieldErrors', () => {
  it('names every wrong field, also an `enabled` that is no flag', () => {
    const errors = findFieldErrors({ enabled: 'yes', maxPorts: -1, description: 'fine', theirs: 1 });
    expect(errors.map(({ field }) => field)).toEqual(['enabled', 'maxPorts']);
  });
});

describe('a token in a log', () => {
  it.each([
    [VALUE, 'tena…'],
    ['abcdef', 'ab…'],
    ['ab', '…'],
  ])('reads %s as %s', (value, masked) => {
    expect(maskTunnelToken(value)).toBe(masked);
  });
});
