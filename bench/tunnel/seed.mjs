// Fills an embedded store with tunnel tokens through the gateway's own modules: node seed.mjs <data folder> <token>...
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dataDir, ...tokens] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const LIBS = '../../dist/gateway/libs';
const { FileMasterKeyRing, SecretSealer } = require(`${LIBS}/auth/index.js`);
const { databaseFileIn, masterKeysFileIn } = require(`${LIBS}/config/index.js`);
const { SystemClock } = require(`${LIBS}/domain/index.js`);
const { createLogger } = require(`${LIBS}/observability/index.js`);
const { SqliteStore } = require(`${LIBS}/storage/sqlite/sqlite-store.js`);
const { openEmbeddedTunnelTokens } = require(`${LIBS}/tunnel-tokens/index.js`);
const { newTunnelTokenId } = require(`${LIBS}/tunnel-tokens/tunnel-token.js`);

/** Higher than any load here: what is measured is the checking, not the refusing. */
const LIMITS = {
  allowPorts: [{ start: 1024, end: 65_535 }],
  maxPortsPerClient: 100,
  maxClients: 100,
  maxPorts: 1_000,
  maxConnections: 1_000_000,
  monthlyTrafficGB: 1_000_000,
  trafficReportIntervalMB: 100,
  customDomains: ['bench.test'],
};

mkdirSync(join(dataDir, 'gateway'), { recursive: true });
const keys = masterKeysFileIn(dataDir);
FileMasterKeyRing.ensure(keys);
const store = await SqliteStore.open({ path: databaseFileIn(dataDir), writer: 'inline' });
const sealer = new SecretSealer(new FileMasterKeyRing(keys));
const { source, repository } = openEmbeddedTunnelTokens(
  store.tunnelTokens,
  sealer,
  createLogger('seed', 'warn'),
  new SystemClock(),
);
await source.start();
const createdAt = new Date().toISOString();
for (const token of tokens) {
  await repository.insert({
    token,
    id: newTunnelTokenId(),
    region: 'default',
    enabled: true,
    createdAt,
    ...LIMITS,
  });
}
await source.close();
await store.close();
