import { describeHostilePeers } from '../support/hostile/describe-hostile-peers';

const MEGABYTE = 1_048_576;

describeHostilePeers(
  { factor: 4, handshakes: 100_000, handshakeMs: 10_000 },
  { growthBytes: 400 * MEGABYTE, loopMs: 1_000, connectMs: 5_000 },
);
