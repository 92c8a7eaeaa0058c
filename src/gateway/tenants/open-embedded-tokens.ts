import { NestFactory } from '@nestjs/core';
import {
  FileMasterKeyRing,
  type MasterKeyRing,
  SecretSealer,
  StaticMasterKeyRing,
  parseMasterKeys,
} from '@tollgate/auth';
import { databaseFileIn, masterKeysFileIn } from '@tollgate/config';
import { type Clock, GatewayBoard, TunnelTokenRecords } from '@tollgate/domain';
import { type Log, NestLogger } from '@tollgate/observability';
import { StorageModule } from '@tollgate/storage';
import { type TenantTokenSource, openEmbeddedTunnelTokens } from '@tollgate/tunnel-tokens';
import type { GatewayConfig } from '../config/gateway-config';

/** Where tokens come from, and what has to be closed with it. */
export interface OpenTokenSource {
  readonly source: TenantTokenSource;
  /** Where the same store lets gateways be seen; absent: elsewhere, or nowhere. */
  readonly board?: GatewayBoard;
  readonly close: () => Promise<void>;
}

/**
 * Opens the installation's embedded store, which the api process shares. Whichever starts first makes it, and the key that token
 * values are sealed with.
 */
export async function openEmbeddedTokens(config: GatewayConfig, log: Log, clock: Clock): Promise<OpenTokenSource> {
  const storage = StorageModule.forRoot({ driver: 'sqlite', path: databaseFileIn(config.dataDir) });
  const store = await NestFactory.createApplicationContext(storage, {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  const sealer = new SecretSealer(openMasterKeys(config));
  const { source } = openEmbeddedTunnelTokens(store.get(TunnelTokenRecords), sealer, log, clock);
  return {
    source,
    board: store.get(GatewayBoard),
    close: async () => {
      await source.close();
      await store.close();
    },
  };
}

/** @throws MasterKeyError when they can't be read */
function openMasterKeys({ masterKeys, dataDir }: GatewayConfig): MasterKeyRing {
  if (masterKeys.keys !== undefined) return new StaticMasterKeyRing(parseMasterKeys(masterKeys.keys.reveal()));
  if (masterKeys.file !== undefined) return new FileMasterKeyRing(masterKeys.file);
  const path = masterKeysFileIn(dataDir);
  FileMasterKeyRing.ensure(path);
  return new FileMasterKeyRing(path);
}
