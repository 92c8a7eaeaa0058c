import { TenantBytes } from './tenant-bytes';

const MAX_TENANTS = 1_000;

describe('TenantBytes', () => {
  it('adds up each tenant by itself, and those beyond a thousand together', () => {
    const bytes = new TenantBytes();
    for (let tenant = 1; tenant <= MAX_TENANTS; tenant += 1) bytes.add(`tt_${String(tenant)}`, 1, 2);
    const told = (): Record<string, object> => Object.fromEntries(bytes.entries());
    expect(told()).not.toHaveProperty('other');
    bytes.add(`tt_${String(MAX_TENANTS + 1)}`, 3, 4);
    bytes.add(`tt_${String(MAX_TENANTS + 2)}`, 5, 6);
    bytes.add(`tt_${String(MAX_TENANTS)}`, 10, 20);
    expect(Object.keys(told())).toHaveLength(MAX_TENANTS + 1);
    expect(told()).toMatchObject({
      tt_1: { inBytes: 1, outBytes: 2 },
      tt_1000: { inBytes: 11, outBytes: 22 },
      other: { inBytes: 8, outBytes: 10 },
    });
  });
});
