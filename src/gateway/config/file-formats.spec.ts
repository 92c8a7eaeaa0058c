import { GatewayConfigFolder } from '../../../test/support/gateway-config-folder';

const FRPS_TOML = `
bindAddr = "127.0.0.1"
bindPort = 7100
proxyBindAddr = "127.0.0.2"
vhostHTTPPort = 8080
vhostHTTPSPort = 8443
vhostHTTPTimeout = 30
subDomainHost = "Frps.Example.com"
custom404Page = "/srv/404.html"
maxPortsPerClient = 3
userConnTimeout = 7
udpPacketSize = 1400
detailedErrorsToClient = false
allowPorts = [
  { start = 2000, end = 3000 },
  { single = 3001 },
  { start = 4000, end = 5000 }
]
auth.token = "12345678"
auth.additionalScopes = ["HeartBeats", "NewWorkConns"]
log.level = "debug"

[transport]
tcpMux = true
tcpMuxKeepaliveInterval = 20
tcpKeepalive = -1
maxPoolCount = 9
heartbeatTimeout = 45
tls.force = true
tls.certFile = "server.crt"
tls.keyFile = "server.key"
`;

const FRPS_YAML = `
.anchors: &tls
  force: true
bindAddr: 127.0.0.1
bindPort: 7100
proxyBindAddr: 127.0.0.2
vhostHTTPPort: 8080
vhostHTTPSPort: 8443
vhostHTTPTimeout: 30
subDomainHost: Frps.Example.com
custom404Page: /srv/404.html
maxPortsPerClient: 3
userConnTimeout: 7
udpPacketSize: 1400
detailedErrorsToClient: no
allowPorts:
  - { start: 2000, end: 3000 }
  - single: 3001
  - { start: 4000, end: 5000 }
auth:
  token: "12345678"
  additionalScopes: [HeartBeats, NewWorkConns]
log: { level: debug }
transport:
  tcpMux: true
  tcpMuxKeepaliveInterval: 20
  tcpKeepalive: -1
  maxPoolCount: 9
  heartbeatTimeout: 45
  tls:
    <<: *tls
    certFile: server.crt
    keyFile: server.key
`;

const FRPS_JSON = JSON.stringify({
  bindAddr: '127.0.0.1',
  bindPort: 7100,
  proxyBindAddr: '127.0.0.2',
  vhostHTTPPort: 8080,
  vhostHTTPSPort: 8443,
  vhostHTTPTimeout: 30,
  subDomainHost: 'Frps.Example.com',
  custom404Page: '/srv/404.html',
  maxPortsPerClient: 3,
  userConnTimeout: 7,
  udpPacketSize: 1400,
  detailedErrorsToClient: false,
  allowPorts: [{ start: 2000, end: 3000 }, { single: 3001 }, { start: 4000, end: 5000 }],
  auth: { token: '12345678', additionalScopes: ['HeartBeats', 'NewWorkConns'] },
  log: { level: 'debug' },
  transport: {
    tcpMux: true,
    tcpMuxKeepaliveInterval: 20,
    tcpKeepalive: -1,
    maxPoolCount: 9,
    heartbeatTimeout: 45,
    tls: { force: true, certFile: 'server.crt', keyFile: 'server.key' },
  },
});

describe('a configuration of frps', () => {
  let folder: GatewayConfigFolder;

  beforeAll(() => {
    folder = new GatewayConfigFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  it('is read alike from TOML, YAML and JSON, whatever the file is called', () => {
    const [toml, ...others] = [
      folder.load(FRPS_TOML),
      folder.load(FRPS_TOML, {}, 'frps.yaml'),
      folder.load(FRPS_YAML, {}, 'frps.yml'),
      folder.load(FRPS_YAML, {}, 'frps'),
      folder.load(FRPS_JSON, {}, 'frps.json'),
      folder.load(FRPS_JSON, {}, 'frps.conf'),
    ].map(({ file: _file, ...config }) => config);
    for (const other of others) expect(other).toEqual(toml);
    expect(toml).toMatchObject({
      warnings: [],
      logLevel: 'debug',
      bind: { host: '127.0.0.1', port: 7100 },
      proxyHost: '127.0.0.2',
      forceTls: true,
      tls: { certFile: 'server.crt', keyFile: 'server.key' },
      clients: {
        heartbeatTimeoutMs: 45_000,
        muxKeepAliveMs: 20_000,
        tcpKeepaliveSeconds: 0,
        maxPoolCount: 9,
        userConnTimeoutMs: 7_000,
        udpPacketBytes: 1_400,
        detailedErrors: false,
        authenticatesHeartbeats: true,
        authenticatesWorkConns: true,
      },
      vhost: {
        httpPort: 8080,
        httpsPort: 8443,
        responseHeaderTimeoutMs: 30_000,
        subDomainHost: 'frps.example.com',
        custom404Page: '/srv/404.html',
      },
      ports: {
        allowed: [
          { start: 2000, end: 3001 },
          { start: 4000, end: 5000 },
        ],
        maxPerClient: 3,
      },
    });
    expect(toml?.tenants.source === 'single' && toml.tenants.token.reveal()).toBe('12345678');
  });
});
