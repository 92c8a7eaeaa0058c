import { type ConnectionKind, classify, classifyInner } from './classify';

describe('classify', () => {
  it.each<[string, string, ConnectionKind]>([
    ['a ClientHello', '\x16\x03\x01', 'tls'],
    ["a ClientHello behind frp's byte", '\x17\x16\x03', 'prefixed-tls'],
    ['a WebSocket request of frp', 'GET /~!frp HTTP/1.1\r\n', 'websocket'],
    ['the beginning of one', 'GET /~!fr', 'unknown'],
    ['its first byte', 'G', 'unknown'],
    ['nothing', '', 'unknown'],
    ['yamux', '\0\x01\0\x01', 'plain'],
    ['a Login of v1', 'o\0\0\0', 'plain'],
    ['the magic of v2', 'FRP\0\x02\r\n', 'plain'],
    ['an HTTP request for something else', 'GET /index.html HTTP/1.1', 'plain'],
  ])('takes %s for what it is', (_what, head, kind) => {
    expect(classify(Buffer.from(head, 'latin1'), false)).toBe(kind);
  });

  it.each<[string, ConnectionKind]>([
    ['GET /index.html', 'http'],
    ['GET /~!frp', 'websocket'],
    ['GET /~!fr', 'unknown'],
    ['POST / HTTP/1.1', 'http'],
    ['PO', 'unknown'],
    ['PATCH', 'http'],
    ['PRI * HTTP/2.0', 'plain'],
    ['o\0\0', 'plain'],
    ['FRP', 'plain'],
  ])('where HTTP users come to the same port takes %j for %s', (head, kind) => {
    expect(classify(Buffer.from(head, 'latin1'), true)).toBe(kind);
  });

  it('tells the same however the first bytes are split', () => {
    const head = Buffer.from('GET /~!frp HTTP/1.1');
    for (let length = 1; length < 10; length += 1) expect(classify(head.subarray(0, length), false)).toBe('unknown');
    expect(classify(head.subarray(0, 10), false)).toBe('websocket');
  });
});

describe('classifyInner', () => {
  it('takes each byte that frpc may begin with for what it is, and no other', () => {
    const known = Object.fromEntries(
      Array.from({ length: 256 }, (_, byte) => [byte, classifyInner(byte)] as const).filter(
        ([, kind]) => kind !== 'nonsense',
      ),
    );
    expect(known).toEqual({
      0x00: 'yamux',
      0x16: 'tls',
      0x17: 'prefixed-tls',
      0x46: 'messages',
      0x47: 'websocket',
      0x6f: 'messages',
      0x76: 'messages',
      0x77: 'messages',
    });
  });
});
