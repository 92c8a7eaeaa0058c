import { UdpPeers } from './udp-peers';

const MAX_PEERS = 16_384;
const MEMORY_MS = 120_000;

describe('UdpPeers', () => {
  let peers: UdpPeers;
  beforeEach(() => {
    peers = new UdpPeers();
  });

  it('knows an address with its port, and no other', () => {
    peers.note('192.0.2.1', 53, 0);
    expect([peers.has('192.0.2.1', 53), peers.has('192.0.2.1', 5), peers.has('192.0.2.2', 53)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    [MEMORY_MS - 1, true],
    [MEMORY_MS, false],
  ])('after %d ms knows a silent user: %s', (nowMs, isKnown) => {
    peers.note('192.0.2.1', 53, 0);
    peers.tick(nowMs);
    expect(peers.has('192.0.2.1', 53)).toBe(isKnown);
  });

  it('remembers who goes on sending longer than who came after and is silent', () => {
    peers.note('192.0.2.1', 1, 0);
    peers.note('192.0.2.2', 1, 1);
    peers.note('192.0.2.1', 1, 1_000);
    peers.tick(MEMORY_MS + 999);
    expect([peers.has('192.0.2.1', 1), peers.has('192.0.2.2', 1), peers.size]).toEqual([true, false, 1]);
  });

  it('keeps as many as it may, and for one more forgets the longest silent', () => {
    for (let port = 0; port < MAX_PEERS; port += 1) peers.note('192.0.2.1', port, 0);
    expect([peers.size, peers.has('192.0.2.1', 0)]).toEqual([MAX_PEERS, true]);
    peers.note('192.0.2.1', 0, 1);
    peers.note('192.0.2.2', 1, 2);
    expect([peers.size, peers.has('192.0.2.1', 0), peers.has('192.0.2.1', 1)]).toEqual([MAX_PEERS, true, false]);
  });
});
