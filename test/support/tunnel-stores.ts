import { type ApiProcess, startApi } from './api-process';
import { type EtcdForTests, describeWithEtcd, startEtcd } from './etcd-server';

/** The api on one store of tunnel tokens. */
export interface TunnelInstallation {
  readonly api: ApiProcess;
  /** Where the tokens are, when they are in etcd. */
  readonly etcd?: EtcdForTests;
}

export const TUNNELS = '/api/v2/tunnels';
export const ADMIN_TUNNELS = '/api/v2/admin/tunnels';

/** Starts an api whose tunnel tokens are in an etcd. */
export async function startApiOnEtcd(
  etcd: EtcdForTests,
  env: Readonly<Record<string, string>> = {},
): Promise<ApiProcess> {
  return startApi({ env: { ETCD_ENDPOINTS: etcd.endpoint, ETCD_REGION: 'eu', ...env } });
}

/** Defines the same cases for tunnel tokens in the embedded store and in etcd. Their region is `eu` unless they say otherwise. */
export function describeOnEachTunnelStore(
  name: string,
  env: Readonly<Record<string, string>>,
  define: (running: () => TunnelInstallation) => void,
): void {
  describe(`${name}, in the embedded store`, () => {
    let api: ApiProcess | undefined;
    beforeAll(async () => {
      api = await startApi({ env: { ETCD_REGION: 'eu', ...env } });
    });
    afterAll(async () => {
      await api?.stop();
    });
    define(() => {
      if (api === undefined) throw new Error('the api runs only while a case runs');
      return { api };
    });
  });

  describeWithEtcd(`${name}, in etcd`, () => {
    let running: Required<TunnelInstallation> | undefined;
    beforeAll(async () => {
      const etcd = await startEtcd();
      running = { etcd, api: await startApiOnEtcd(etcd, env) };
    });
    afterAll(async () => {
      await running?.api.stop();
      await running?.etcd.stop();
    });
    define(() => {
      if (running === undefined) throw new Error('the api runs only while a case runs');
      return running;
    });
  });
}
