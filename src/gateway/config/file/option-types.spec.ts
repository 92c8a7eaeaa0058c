import { OptionReader } from './option-reader';
import { readLaterOptions } from './later-options';
import { readServerOptions } from './server-options';

const TEXTS =
  'bindAddr proxyBindAddr subDomainHost custom404Page log.to log.level auth.method auth.token auth.tokenSource.type ' +
  'auth.tokenSource.file.path auth.tokenSource.exec.command auth.oidc.issuer auth.oidc.audience transport.tls.certFile ' +
  'transport.tls.keyFile transport.tls.trustedCaFile transport.tls.serverName webServer.addr webServer.user webServer.password ' +
  'webServer.assetsDir webServer.tls.certFile webServer.tls.keyFile webServer.tls.trustedCaFile webServer.tls.serverName ' +
  'sshTunnelGateway.privateKeyFile sshTunnelGateway.autoGenPrivateKeyPath sshTunnelGateway.authorizedKeysFile version';
const NUMBERS =
  'bindPort kcpBindPort quicBindPort vhostHTTPPort vhostHTTPSPort vhostHTTPTimeout tcpmuxHTTPConnectPort maxPortsPerClient ' +
  'userConnTimeout udpPacketSize natholeAnalysisDataReserveHours transport.tcpMuxKeepaliveInterval transport.tcpKeepalive ' +
  'transport.maxPoolCount transport.heartbeatTimeout transport.quic.keepalivePeriod transport.quic.maxIdleTimeout ' +
  'transport.quic.maxIncomingStreams webServer.port log.maxDays sshTunnelGateway.bindPort';
const FLAGS =
  'tcpmuxPassthrough detailedErrorsToClient enablePrometheus transport.tcpMux transport.tls.force webServer.pprofEnable ' +
  'log.disablePrintColor auth.oidc.skipExpiryCheck auth.oidc.skipIssuerCheck';
const LISTS = 'allowPorts auth.additionalScopes httpPlugins auth.tokenSource.exec.args auth.tokenSource.exec.env';

/** What frps knows, read from a file that holds `value` at `path` alone. */
function read(path: string, value: unknown): { problems: Record<string, string>; unknown: readonly string[] } {
  const problems: Record<string, string> = {};
  const tree = path.split('.').reduceRight<unknown>((below, name) => ({ [name]: below }), value);
  const reader = new OptionReader(tree as Record<string, unknown>, (option, rule) => (problems[option] ??= rule));
  readServerOptions(reader);
  readLaterOptions(reader, () => undefined);
  return { problems, unknown: reader.unknown() };
}

describe('an option of frps', () => {
  describe.each([
    ['a text', TEXTS, [5, true, ['x'], { a: 1 }]],
    ['a whole number', NUMBERS, ['5', true, [5], 1.5, Number.NaN]],
    ['true or false', FLAGS, ['true', 1, [true]]],
    ['a list', LISTS, ['x', 5, true, {}, [5]]],
  ])('that is %s', (_kind, names, wrong) => {
    it.each(names.split(' '))('is known, and refused as anything else: %s', (path) => {
      for (const value of wrong) {
        const { problems, unknown } = read(path, value);
        expect(problems[path]).toMatch(/^must be /);
        expect(unknown).toEqual([]);
      }
    });

    // A source of the token that is there has to say more.
    const others = names.split(' ').filter((path) => !path.startsWith('auth.tokenSource.'));

    it.each(others)('counts as absent when it is null: %s', (path) => {
      expect(read(path, null).problems[path]).toBeUndefined();
    });
  });
});
