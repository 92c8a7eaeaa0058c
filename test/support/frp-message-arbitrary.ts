import type { FrpMessage, MessageOf, MessageType } from '@tollgate/frp-wire';
import fc from 'fast-check';

/** Words that JSON, UTF-8 and objects in JavaScript have something to say about. */
const text = fc.oneof(
  fc.string({ maxLength: 20, unit: 'grapheme' }),
  fc.constantFrom('', '__proto__', 'constructor', '"\\', '<&>', '\u2028', '\u0000', '😀', '0'),
);
const texts = fc.array(text, { maxLength: 4 });
const whole = fc.oneof(fc.constantFrom(0, 1, -1), fc.maxSafeInteger());
const port = fc.nat(0xffff);
const flag = fc.boolean();
const map = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: false });
const bytes = fc.uint8Array({ maxLength: 60 }).map((content) => Buffer.from(content));
const address = fc.option(fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')), port, zone: text }), {
  nil: undefined,
});

const MESSAGES: { readonly [T in MessageType]: fc.Arbitrary<Omit<MessageOf<T>, 'type'>> } = {
  login: fc.record({
    version: text,
    hostname: text,
    os: text,
    arch: text,
    user: text,
    privilegeKey: text,
    timestamp: whole,
    runId: text,
    clientId: text,
    metas: map,
    clientSpec: fc.record({ type: text, alwaysAuthPass: flag }),
    poolCount: whole,
  }),
  loginResp: fc.record({ version: text, runId: text, error: text }),
  newProxy: fc.record({
    proxyName: text,
    proxyType: text,
    useEncryption: flag,
    useCompression: flag,
    bandwidthLimit: text,
    bandwidthLimitMode: text,
    group: text,
    groupKey: text,
    metas: map,
    annotations: map,
    remotePort: whole,
    customDomains: texts,
    subdomain: text,
    locations: texts,
    httpUser: text,
    httpPassword: text,
    hostHeaderRewrite: text,
    headers: map,
    responseHeaders: map,
    routeByHttpUser: text,
    secretKey: text,
    allowUsers: texts,
    multiplexer: text,
  }),
  newProxyResp: fc.record({ proxyName: text, remoteAddr: text, error: text }),
  closeProxy: fc.record({ proxyName: text }),
  newWorkConn: fc.record({ runId: text, privilegeKey: text, timestamp: whole }),
  reqWorkConn: fc.record({}),
  startWorkConn: fc.record({
    proxyName: text,
    srcAddr: text,
    dstAddr: text,
    srcPort: port,
    dstPort: port,
    error: text,
  }),
  newVisitorConn: fc.record({
    runId: text,
    proxyName: text,
    signKey: text,
    timestamp: whole,
    useEncryption: flag,
    useCompression: flag,
  }),
  newVisitorConnResp: fc.record({ proxyName: text, error: text }),
  ping: fc.record({ privilegeKey: text, timestamp: whole }),
  pong: fc.record({ error: text }),
  udpPacket: fc.record({ content: bytes, local: address, remote: address }),
  natHoleVisitor: fc.record({
    transactionId: text,
    proxyName: text,
    preCheck: flag,
    protocol: text,
    signKey: text,
    timestamp: whole,
    mappedAddrs: texts,
    assistedAddrs: texts,
  }),
  natHoleClient: fc.record({
    transactionId: text,
    proxyName: text,
    sid: text,
    mappedAddrs: texts,
    assistedAddrs: texts,
  }),
  natHoleResp: fc.record({
    transactionId: text,
    sid: text,
    protocol: text,
    candidateAddrs: texts,
    assistedAddrs: texts,
    detectBehavior: fc.record({
      role: text,
      mode: whole,
      ttl: whole,
      sendDelayMs: whole,
      readTimeoutMs: whole,
      candidatePorts: fc.array(fc.record({ from: whole, to: whole }), { maxLength: 3 }),
      sendRandomPorts: whole,
      listenRandomPorts: whole,
    }),
    error: text,
  }),
  natHoleSid: fc.record({ transactionId: text, sid: text, response: flag, nonce: text }),
  natHoleReport: fc.record({ sid: text, success: flag }),
};

/** Any message of any type, each field from its whole range. */
export const anyFrpMessage: fc.Arbitrary<FrpMessage> = fc
  .constantFrom(...(Object.keys(MESSAGES) as MessageType[]))
  .chain((type) => MESSAGES[type].map((fields) => ({ type, ...fields }) as FrpMessage));

/** The same bytes in chunks. */
export function splits(bytes: Buffer): fc.Arbitrary<readonly Buffer[]> {
  return fc.array(fc.nat(bytes.length), { maxLength: 8 }).map((cuts) => {
    const ends = [...cuts.sort((a, b) => a - b), bytes.length];
    return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  });
}
