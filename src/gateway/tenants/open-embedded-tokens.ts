import { NestFactory } from '@nestjs/core';
import { FileMasterKeyRing, SecretSealer } from '@tollgate/auth';
import { databaseFileIn, masterKeysFileIn } from '@tollgate/config';
import { type Clock, TunnelTokenRecords } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import { StorageModule } from '@tollgate/storage';
import { openEmbeddedTunnelTokens } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';
import type { OpenTokenSource } from './open-token-source';

/**
 * Opens the installation's embedded store, which the api process shares. Whichever starts first makes it, and the key that token
 * values are sealed with.
 */
export async function openEmbeddedTokens(config: GatewayConfig, log: Log, clock: Clock): Promise<OpenTokenSource> {
  const keysFile = masterKeysFileIn(config.dataDir);
  FileMasterKeyRing.ensure(keysFile);
  const storage = StorageModule.forRoot({ driver: 'sqlite', path: databaseFileIn(config.dataDir) });
  const store = await NestFactory.createApplicationContext(storage, {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  const sealer = new SecretSealer(new FileMasterKeyRing(keysFile));
  const { source } = openEmbeddedTunnelTokens(store.get(TunnelTokenRecords), sealer, log, clock);
  return {
    source,
    close: async () => {
      await source.close();
      await store.close();
    },
  };
}
