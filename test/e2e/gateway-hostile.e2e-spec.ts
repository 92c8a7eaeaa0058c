import { describeHostilePeers } from '../support/hostile/describe-hostile-peers';

const MEGABYTE = 1_048_576;

// The same in earnest: test/load/tunnel-hostile.long-spec.ts
describeHostilePeers(
  { factor: 0.25, handshakes: 2_000, handshakeMs: 1_000 },
  { growthBytes: 200 * MEGABYTE, loopMs: 1_000, connectMs: 5_000 },
);
