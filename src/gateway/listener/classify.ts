/** What a connection on the bind port is, by its first bytes (frp `server/service.go`, and §1.1 of the protocol reference). */
export type ConnectionKind =
  /** An HTTP request that asks for frp's WebSocket. */
  | 'websocket'
  /** A TLS ClientHello. */
  | 'tls'
  /** frp's own byte, and a ClientHello behind it. */
  | 'prefixed-tls'
  /** A user of an HTTP proxy, where these share the bind port. */
  | 'http'
  /** Anything else: a yamux session, or a stream of messages. */
  | 'plain'
  /** Too little to tell. */
  | 'unknown';

/** What frpc asks for its WebSocket with (frp `pkg/util/net/websocket.go`, FrpWebsocketPath). */
const WEBSOCKET_REQUEST = Buffer.from('GET /~!frp');
const HTTP_METHODS = ['GET', 'HEA', 'POS', 'PUT', 'DEL', 'CON', 'OPT', 'TRA', 'PAT'];
const METHOD_BYTES = 3;
/** Of a TLS handshake record (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16;
/** What frpc may put before its ClientHello (frp `pkg/util/net/tls.go`, FRPTLSHeadByte). */
const FRP_TLS_BYTE = 0x17;

/**
 * @param head the first bytes
 * @param sharesHttp whether users of HTTP proxies come to the same port
 */
export function classify(head: Buffer, sharesHttp: boolean): ConnectionKind {
  switch (head[0]) {
    case undefined:
      return 'unknown';
    case TLS_HANDSHAKE:
      return 'tls';
    case FRP_TLS_BYTE:
      return 'prefixed-tls';
  }
  const known = Math.min(head.length, WEBSOCKET_REQUEST.length);
  if (WEBSOCKET_REQUEST.compare(head, 0, known, 0, known) === 0) {
    return known === WEBSOCKET_REQUEST.length ? 'websocket' : 'unknown';
  }
  if (!sharesHttp) return 'plain';
  const method = head.toString('latin1', 0, METHOD_BYTES);
  if (!HTTP_METHODS.some((name) => name.startsWith(method))) return 'plain';
  return head.length < METHOD_BYTES ? 'unknown' : 'http';
}

/** What the bytes are that are left when TLS and WebSocket are taken off. */
export type InnerKind = 'yamux' | 'messages' | 'websocket' | 'tls' | 'prefixed-tls' | 'nonsense';

/** @param first byte */
export function classifyInner(first: number): InnerKind {
  switch (first) {
    case 0x00:
      return 'yamux';
    // A type byte of wire protocol v1 that may come first, or the magic of v2.
    case 0x6f:
    case 0x77:
    case 0x76:
    case 0x46:
      return 'messages';
    case 0x47:
      return 'websocket';
    case TLS_HANDSHAKE:
      return 'tls';
    case FRP_TLS_BYTE:
      return 'prefixed-tls';
    default:
      return 'nonsense';
  }
}
