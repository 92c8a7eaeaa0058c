/** Users of a udp proxy that are remembered; the longest silent go first. */
const MAX_PEERS = 16_384;
/** frpc keeps the socket of a silent user for 30 s: an answer may come until then, and somewhat later. */
const MEMORY_MS = 120_000;

/** Who has sent datagrams lately: the client may answer these, and nobody else in the world. */
export class UdpPeers {
  private readonly seenAtMs = new Map<string, number>();

  get size(): number {
    return this.seenAtMs.size;
  }

  note(address: string, port: number, nowMs: number): void {
    const key = keyOf(address, port);
    this.seenAtMs.delete(key);
    this.seenAtMs.set(key, nowMs);
    if (this.seenAtMs.size <= MAX_PEERS) return;
    const [oldest] = this.seenAtMs.keys();
    if (oldest !== undefined) this.seenAtMs.delete(oldest);
  }

  has(address: string, port: number): boolean {
    return this.seenAtMs.has(keyOf(address, port));
  }

  tick(nowMs: number): void {
    for (const [key, atMs] of this.seenAtMs) {
      // In the order in which they were last heard of.
      if (nowMs - atMs < MEMORY_MS) return;
      this.seenAtMs.delete(key);
    }
  }
}

function keyOf(address: string, port: number): string {
  return `${address}|${String(port)}`;
}
