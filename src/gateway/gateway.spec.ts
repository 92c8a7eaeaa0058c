import { createLogger } from '@tollgate/observability';
import { useTemporaryFolder } from '@tollgate/testing';
import { type RunningGateway, startGateway } from './gateway';
import { GatewayConfigLoader } from './config/gateway-config-loader';

describe('the gateway', () => {
  const newFolder = useTemporaryFolder();
  const lines: string[] = [];
  let gateway: RunningGateway;

  beforeEach(async () => {
    lines.length = 0;
    const logger = createLogger('gateway', 'info', { write: (line) => void lines.push(line) });
    const env = { GATEWAY_ADMIN_PORT: '0', BIND_PORT: '0', TENANT_SOURCE: 'single', DATA_DIR: newFolder() };
    gateway = await startGateway(new GatewayConfigLoader(env).load(), logger);
  });

  afterEach(async () => {
    await gateway.close();
  });

  const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(gateway.url + path);
    return { status: answer.status, body: await answer.json() };
  };

  it('logs the addresses it really listens on', () => {
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toContainEqual(expect.objectContaining({ msg: 'gateway listening', url: gateway.url }));
    expect(records).toContainEqual(
      expect.objectContaining({ msg: 'listening for frp clients', port: gateway.bindPort }),
    );
    expect(gateway.url).not.toMatch(/:0$/);
    expect(gateway.bindPort).toBeGreaterThan(0);
  });

  it('says on /healthz how it does', async () => {
    await expect(ask('/healthz')).resolves.toEqual({
      status: 200,
      body: {
        status: 'ok',
        bind_port: gateway.bindPort,
        token_source: { state: 'live', since: expect.any(String) },
        traffic_outbox: { reports: 0, failing_seconds: 0 },
      },
    });
  });

  it('tells its figures on /metrics', async () => {
    const answer = await fetch(`${gateway.url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('tollgate_gateway_clients 0');
    expect(text).toContain('tollgate_gateway_token_source_state{state="live"} 1');
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
});
