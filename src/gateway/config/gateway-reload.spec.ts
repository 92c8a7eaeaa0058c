import { SettingsError } from '@tollgate/config';
import { GatewayConfigLoader } from './gateway-config-loader';
import { GatewayConfigFolder } from '../../../test/support/gateway-config-folder';

describe('the settings of a running gateway', () => {
  let folder: GatewayConfigFolder;

  beforeAll(() => {
    folder = new GatewayConfigFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  describe('read again', () => {
    it('take over certificates, ports and limits, and name the rest that was changed', () => {
      const path = folder.fileOf(
        'bindPort = 7000\nuserConnTimeout = 5\ntransport.tls.trustedCaFile = "old"\nauth.token = "a"',
      );
      const loader = new GatewayConfigLoader({ GATEWAY_MAX_PENDING: '7' }, path);
      const before = loader.load();
      folder.fileOf(`
        bindPort = 7001
        userConnTimeout = 5
        auth.token = "a"
        allowPorts = [{ single = 9 }]
        maxPortsPerClient = 2
        limits.maxPending = 3
        limits.maxPendingPerAddress = 4
        transport.tls = { certFile = "c", keyFile = "k", trustedCaFile = "new" }`);
      const { config, needRestart } = loader.reload();
      expect(needRestart).toEqual(['bindPort', 'transport.tls.trustedCaFile']);
      expect(config).toEqual({
        ...before,
        tls: { certFile: 'c', keyFile: 'k', trustedCaFile: 'old' },
        ports: { allowed: [{ start: 9, end: 9 }], maxPerClient: 2 },
        limits: { ...before.limits, maxPending: 7, maxPendingPerAddress: 4 },
      });
      expect(loader.reload().needRestart).toEqual(['bindPort', 'transport.tls.trustedCaFile']);
    });

    it('do not name what the environment decides', () => {
      const loader = new GatewayConfigLoader({ BIND_PORT: '7009' }, folder.fileOf('bindPort = 7000'));
      loader.load();
      folder.fileOf('bindPort = 7001');
      expect(loader.reload()).toMatchObject({ needRestart: [], config: { bind: { port: 7009 } } });
    });

    it('stay as they are when the file has become faulty', () => {
      const loader = new GatewayConfigLoader({}, folder.fileOf('maxPortsPerClient = 1'));
      loader.load();
      folder.fileOf('maxPortsPerClient = "x"');
      expect(() => loader.reload()).toThrow(SettingsError);
      folder.fileOf('maxPortsPerClient = 2');
      expect(loader.reload().config.ports.maxPerClient).toBe(2);
    });
  });
});
