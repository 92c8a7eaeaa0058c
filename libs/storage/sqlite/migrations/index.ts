import { records } from './0001-records';
import { usageByResult } from './0002-usage-by-result';
import { uploads } from './0003-uploads';
import { tunnelTokens } from './0004-tunnel-tokens';
import { tunnelTraffic } from './0005-tunnel-traffic';
import { gatewayBoard } from './0006-gateway-board';
import { trafficRoots } from './0007-traffic-roots';
import type { Migration } from './migration';

export { type Migration, migrationChecksum } from './migration';

/** Every step of the schema in order. */
export const MIGRATIONS: readonly Migration[] = [
  records,
  usageByResult,
  uploads,
  tunnelTokens,
  tunnelTraffic,
  gatewayBoard,
  trafficRoots,
];
