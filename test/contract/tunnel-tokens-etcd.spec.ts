import { SystemClock } from '@tollgate/domain';
import {
  tunnelTokenRepositoryContract,
  tunnelTokenSourceContract,
  type TunnelTokensUnderTest,
  warningLog,
} from '@tollgate/testing';
import { openEtcdTunnelTokens, type TunnelTokens } from '@tollgate/tunnel-tokens';
import { describeWithEtcd, startEtcd } from '../support/etcd-server';

const PREFIX = '/frp/tokens/';
/** etcd takes 128 operations in a transaction. */
const BATCH = 100;

async function setup(): Promise<TunnelTokensUnderTest> {
  const server = await startEtcd();
  const { log, warnings } = warningLog();
  const opened: TunnelTokens[] = [];
  const open = (): TunnelTokens => {
    const tokens = openEtcdTunnelTokens({ endpoints: [server.endpoint] }, log, new SystemClock());
    opened.push(tokens);
    return tokens;
  };
  const first = open();
  await first.source.start();
  return {
    ...first,
    warnings,
    putByHand: async (entries) => {
      const all = Object.entries(entries);
      for (let start = 0; start < all.length; start += BATCH) {
        const puts = all.slice(start, start + BATCH).map(([value, text]) => ({
          request_put: { key: Buffer.from(PREFIX + value), value: Buffer.from(text) },
        }));
        await server.client.kv.txn({ success: puts });
      }
    },
    deleteByHand: async (value) => {
      await server.client.delete().key(PREFIX + value);
    },
    openAnother: async () => open(),
    teardown: async () => {
      for (const { source } of opened) await source.close();
      await server.stop();
    },
  };
}

describeWithEtcd('tunnel tokens', () => {
  tunnelTokenSourceContract('etcd', setup);
  tunnelTokenRepositoryContract('etcd', setup);
});
