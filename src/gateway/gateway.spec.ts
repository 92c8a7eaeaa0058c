import { SettingsError } from '@tollgate/config';
import { createLogger } from '@tollgate/observability';
import { type RunningGateway, startGateway } from './gateway';
import { GatewayConfig } from './gateway.config';

describe('the gateway', () => {
  const lines: string[] = [];
  let gateway: RunningGateway;

  beforeAll(async () => {
    const logger = createLogger('gateway', 'info', { write: (line) => void lines.push(line) });
    const config = GatewayConfig.from({ GATEWAY_ADMIN_PORT: '0', BIND_PORT: '7001' });
    gateway = await startGateway(config, logger);
  });

  afterAll(async () => {
    await gateway.close();
  });

  const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(gateway.url + path);
    return { status: answer.status, body: await answer.json() };
  };

  it('logs the address it really listens on, and that it has no frp listener', () => {
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toContainEqual(expect.objectContaining({ msg: 'gateway listening', url: gateway.url }));
    expect(gateway.url).not.toMatch(/:0$/);
    expect(lines.join('')).toContain('no frp listener is configured');
  });

  it('says on /healthz that it answers and that it has no listener', async () => {
    await expect(ask('/healthz')).resolves.toEqual({
      status: 200,
      body: { status: 'ok', listener: 'not configured', bind_port: 7001 },
    });
  });

  it.each([
    ['/nothing-here', 404, 'not found'],
    ['/%zz', 400, 'bad request'],
  ])('refuses %s in the form of every error', async (path, status, error) => {
    await expect(ask(path)).resolves.toEqual({
      status,
      body: { error, code: status, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
    });
  });

  it('reads its settings from the environment and names every wrong one', () => {
    expect(GatewayConfig.from({})).toMatchObject({ bindPort: 7000, adminPort: 7500, adminHost: '127.0.0.1' });
    expect(() => GatewayConfig.from({ BIND_PORT: 'x', LOG_LEVEL: 'loud' })).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/LOG_LEVEL[^]*BIND_PORT/) }) as SettingsError,
    );
  });
});
