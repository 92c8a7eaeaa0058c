import { FakeClock } from '@tollgate/testing';
import { SingleTenantTokenSource } from './single-tenant-token-source';

describe('SingleTenantTokenSource', () => {
  it.each(['shared', ''])('lets everyone with the token %j in, without region or limits', async (value) => {
    const source = new SingleTenantTokenSource(value, new FakeClock());
    await source.start();

    expect(source.state).toBe('live');
    const token = source.tokens.get(value);
    expect(token).toMatchObject({ token: value, enabled: true, suspended: false, bandwidthLimitBytes: 0 });
    expect(token).not.toHaveProperty('region');
    expect(token).not.toHaveProperty('allowPorts');
    expect(source.tokens.size).toBe(1);
  });
});
