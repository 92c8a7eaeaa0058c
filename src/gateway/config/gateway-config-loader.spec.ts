import { join } from 'node:path';
import { inspect } from 'node:util';
import { SettingsError } from '@tollgate/config';
import { ALL_PORTS } from '@tollgate/tunnel-tokens';
import { GatewayConfigLoader } from './gateway-config-loader';
import { GatewayConfigFolder } from '../../../test/support/gateway-config-folder';

describe('the settings of the gateway', () => {
  let folder: GatewayConfigFolder;

  beforeAll(() => {
    folder = new GatewayConfigFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  it('are those of frps where nothing is set, and let everyone in as it does, with a warning', () => {
    const config = new GatewayConfigLoader({}).load();
    expect(config).toMatchObject({
      file: undefined,
      logLevel: 'info',
      workers: 1,
      shutdownMs: 10_000,
      admin: { host: '127.0.0.1', port: 7500 },
      bind: { host: '0.0.0.0', port: 7000 },
      proxyHost: '0.0.0.0',
      forceTls: false,
      tls: {},
      clients: {
        heartbeatTimeoutMs: 90_000,
        muxKeepAliveMs: 30_000,
        tcpKeepaliveSeconds: 7_200,
        maxPoolCount: 5,
        userConnTimeoutMs: 10_000,
        udpPacketBytes: 1_500,
        detailedErrors: true,
        authenticatesHeartbeats: false,
        authenticatesWorkConns: false,
      },
      vhost: { httpPort: 0, httpsPort: 0, responseHeaderTimeoutMs: 60_000 },
      ports: { allowed: ALL_PORTS, maxPerClient: 0 },
      tenants: { source: 'single' },
      enforceBandwidth: false,
      requireDomainClaim: false,
      traffic: {},
      limits: { maxPending: 5_000, handshakeMs: 10_000 },
    });
    expect(config.warnings).toEqual(['auth.token: is empty: whoever reaches the port may open tunnels']);
    expect(Object.isFrozen(config) && Object.isFrozen(config.clients)).toBe(true);
  });

  it('take 0 and empty texts for defaults, as frps does', () => {
    const { bind, clients, tls, vhost } = folder.load(`
      bindPort = 0
      userConnTimeout = 0
      udpPacketSize = 0
      vhostHTTPTimeout = 0
      allowPorts = []
      transport.maxPoolCount = 0
      transport.tcpKeepalive = 0
      transport.heartbeatTimeout = 0
      transport.tls.certFile = ""
      auth.method = ""`);
    expect([bind.port, clients.userConnTimeoutMs, clients.udpPacketBytes, clients.maxPoolCount]).toEqual([
      7000, 10_000, 1_500, 5,
    ]);
    expect([clients.tcpKeepaliveSeconds, clients.heartbeatTimeoutMs]).toEqual([7_200, 90_000]);
    expect([tls, vhost.responseHeaderTimeoutMs]).toEqual([{}, 60_000]);
  });

  it('never time a client out where heartbeatTimeout is negative', () => {
    expect(folder.load('transport.heartbeatTimeout = -1').clients.heartbeatTimeoutMs).toBe(0);
  });

  it('demand TLS where clients must show certificates', () => {
    expect(folder.load('transport.tls.trustedCaFile = "ca.crt"')).toMatchObject({
      forceTls: true,
      tls: { trustedCaFile: 'ca.crt' },
    });
  });

  it('find options in any case, as frps does, and refuse them twice', () => {
    expect(folder.load('BindPort = 7009\nTRANSPORT.tls.Force = true')).toMatchObject({
      bind: { port: 7009 },
      forceTls: true,
    });
    expect(folder.problems('bindPort = 7009\nbindport = 7010')).toEqual({
      bindport: 'is given twice, in different cases',
    });
  });

  it('fill in variables of the environment, and refuse those that are not set where it matters', () => {
    const content = '# {{ .Envs.OLD }}\nauth.token = "{{ .Envs.TOKEN }}"\nbindPort = {{.Envs.PORT}}\n';
    const { bind, tenants } = folder.load(content, { TOKEN: 'abc', PORT: '7007' });
    expect([bind.port, tenants.source === 'single' && tenants.token.reveal()]).toEqual([7007, 'abc']);
    expect(folder.problems(content, { PORT: '7007' })).toEqual({
      'auth.token': 'uses a variable of the environment that is not set',
    });
  });

  it.each([
    ['bindPort', '70000', 'must be a whole number from 0 to 65535 (got 70000)'],
    ['bindPort', '7000.5', 'must be a whole number from 0 to 65535 (got 7000.5)'],
    ['bindPort', '"7000"', 'must be a whole number from 0 to 65535, not a text'],
    ['userConnTimeout', '-1', 'must be a whole number from 0 to 2147483 (got -1)'],
    ['maxPortsPerClient', '-1', 'must be a whole number of at least 0 (got -1)'],
    ['udpPacketSize', '65536', 'must be a whole number from 0 to 65535 (got 65536)'],
    ['log.level', '"loud"', 'must be one of trace, debug, info, warn, error'],
    ['etcd.dialTimeout', '-5', /must be a whole number of seconds, or a duration with a unit, from 1ms to 300s/],
    ['etcd.trafficReportUrl', '"ftp://h"', /http:\/\/ or https:\/\//],
    ['limits.handshakeTimeout', '0', 'must be a whole number from 1 to 300 (got 0)'],
    ['transport', '5', 'must be a table, not a number'],
    ['bindAddr', '1979-05-27', 'must be a text, not a date'],
  ])('refuse %s = %s', (option, value, rule) => {
    expect(folder.problems(`${option} = ${value}`)[option]).toEqual(
      rule instanceof RegExp ? expect.stringMatching(rule) : rule,
    );
  });

  it.each(['{}', '{ start = 5 }', '{ start = 9, end = 8 }', '{ single = 70000 }'])('refuse the ports %s', (entry) => {
    expect(Object.keys(folder.problems(`allowPorts = [{ single = 1 }, ${entry}]`))[0]).toMatch(/^allowPorts\[1\]/);
  });

  it('list everything that is wrong at once, of the environment and of the file, never a secret', () => {
    const content = 'bindPort = "hunter2"\nauth.token = 31337\nlog.level = "hunter2"\nwebServer.password = 31337';
    const env = {
      LOG_LEVEL: 'loud',
      ETCD_DIAL_TIMEOUT: 'x',
      GATEWAY_WORKERS: '0',
      TRAFFIC_REPORT_URL: 'http://u:hunter2@h',
    };
    const found = folder.problems(content, env);
    expect(Object.keys(found).sort()).toEqual(
      [...Object.keys(env), 'bindPort', 'auth.token', 'log.level', 'webServer.password'].sort(),
    );
    expect(JSON.stringify(found)).not.toMatch(/hunter2|31337/);
  });

  it("refuse listeners in each other's way", () => {
    expect(folder.problems('bindPort = 7500', {})).toEqual({
      GATEWAY_ADMIN_PORT: expect.stringMatching(/bindPort, which is 7500/),
    });
    expect(folder.problems('vhostHTTPPort = 80\nvhostHTTPSPort = 80')).toEqual({
      vhostHTTPSPort: expect.stringMatching(/must differ from vhostHTTPPort/),
    });
    expect(folder.problems('bindPort = 443\nvhostHTTPPort = 443\nvhostHTTPSPort = 443')).toEqual({});
  });

  it('show nothing of their secrets when printed', () => {
    const config = folder.load(
      'auth.token = "hunter2"\netcd = { endpoints = ["h:1"], region = "r", username = "u", password = "etcd-secret" }',
      { TRAFFIC_REPORT_KEY: 'hunter2' },
    );
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toMatch(/hunter2|etcd-secret/);
  });

  it('warn once of each unknown option, of an unknown table as a whole', () => {
    const content =
      'auth.token = "t"\nbindprt = 1\ntransport.tls.frce = true\n[dashboard]\na = 1\nb = 2\n[[httpPlugins]]\nnme = "x"';
    expect(folder.warnings(content)).toEqual([
      expect.stringMatching(/^httpPlugins: server plugins are not served yet/),
      'bindprt: is unknown and has no effect',
      'transport.tls.frce: is unknown and has no effect',
      'dashboard: is unknown and has no effect',
      'httpPlugins[0].nme: is unknown and has no effect',
    ]);
  });

  it.each([
    'kcpBindPort = 7000',
    'quicBindPort = 7000',
    'tcpmuxHTTPConnectPort = 1337',
    'sshTunnelGateway.bindPort = 2200',
    'webServer.port = 7501',
    'enablePrometheus = true',
    'log.to = "./frps.log"',
    'httpPlugins = [{ name = "a", addr = "h:1", path = "/", ops = ["Login"] }]',
  ])('warn of %s, which is not served', (line) => {
    const [option = ''] = line.split(' = ');
    expect(folder.warnings(`auth.token = "t"\n${line}`)).toEqual([expect.stringMatching(`^${option}: `)]);
    expect(
      folder.warnings(
        `auth.token = "t"\n${option} = ${/Port|port/.test(option) ? '0' : '""'}`.replace(/^(enable|http).*$/m, ''),
      ),
    ).toEqual([]);
  });

  it('are our own too, from the environment before the file', () => {
    const { limits, ports, ...config } = folder.load(
      'limits.maxPending = 10\nlimits.handshakeTimeout = 5\nlimits.maxStreamsPerSession = 99',
      {
        GATEWAY_MAX_PENDING: '20',
        GATEWAY_HARD_ALLOW_PORTS: '1000-2000, 3000',
        GATEWAY_ENFORCE_BANDWIDTH: 'true',
        GATEWAY_REQUIRE_DOMAIN_CLAIM: '1',
        GATEWAY_WORKERS: '2',
        GATEWAY_ADMIN_PORT: '0',
        BIND_PORT: '0',
        SHUTDOWN_TIMEOUT: '3s',
      },
    );
    expect(limits).toMatchObject({ maxPending: 20, handshakeMs: 5_000, maxStreamsPerSession: 99 });
    expect(ports.ceiling).toEqual([
      { start: 1000, end: 2000 },
      { start: 3000, end: 3000 },
    ]);
    expect(config).toMatchObject({
      enforceBandwidth: true,
      requireDomainClaim: true,
      workers: 2,
      admin: { port: 0 },
      bind: { port: 0 },
      shutdownMs: 3_000,
    });
    expect(
      Object.keys(folder.problems('', { GATEWAY_HARD_ALLOW_PORTS: '2000-1000', GATEWAY_MAX_PENDING: '0' })).sort(),
    ).toEqual(['GATEWAY_HARD_ALLOW_PORTS', 'GATEWAY_MAX_PENDING']);
  });

  it("name a file that can't be read, and what is wrong in the environment with it", () => {
    const path = join(folder.path, 'nowhere.toml');
    expect(() => new GatewayConfigLoader({ BIND_PORT: 'x', TENANT_SOURCE: 'etcd' }, path).load()).toThrow(
      expect.objectContaining({
        problems: [
          { variable: 'BIND_PORT', rule: expect.stringMatching(/^must be/) },
          { variable: path, rule: "can't be read (ENOENT)" },
        ],
      }) as SettingsError,
    );
  });
});
