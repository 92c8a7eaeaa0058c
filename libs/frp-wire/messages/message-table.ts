import { bytes } from './base64';
import { boolean, integer, string, stringMap, strings, uint16 } from './field';
import { struct, structs } from './struct';
import { udpAddress } from './udp-address';

/**
 * Every message of frp 0.70.1 (`pkg/msg/msg.go`): its type byte in v1, its id in v2, and its fields as they are called here and on the
 * wire, in the order in which Go writes them. All else about messages follows from this table, types included.
 *
 * Older clients send fewer fields, and at most some more, which are ignored.
 */
export const MESSAGES = {
  /** Client to server, the first on its control. */
  login: {
    v1Type: 0x6f,
    v2Id: 1,
    fields: {
      version: string('version'),
      hostname: string('hostname'),
      os: string('os'),
      arch: string('arch'),
      user: string('user'),
      /** Hex of {@link loginKey}; a JWT with OIDC. */
      privilegeKey: string('privilege_key'),
      /** Unix seconds by the client's clock. */
      timestamp: integer('timestamp'),
      runId: string('run_id'),
      clientId: string('client_id'),
      metas: stringMap('metas'),
      clientSpec: struct('client_spec', {
        type: string('type'),
        /** Not to be believed. */
        alwaysAuthPass: boolean('always_auth_pass'),
      }),
      /** Work connections wanted in advance: any number, negative ones too. */
      poolCount: integer('pool_count'),
    },
  },
  loginResp: {
    v1Type: 0x31,
    v2Id: 2,
    fields: { version: string('version'), runId: string('run_id'), error: string('error') },
  },
  newProxy: {
    v1Type: 0x70,
    v2Id: 3,
    fields: {
      proxyName: string('proxy_name'),
      /** Empty is `tcp`. */
      proxyType: string('proxy_type'),
      useEncryption: boolean('use_encryption'),
      useCompression: boolean('use_compression'),
      /** Such as `10MB` or `512KB`. */
      bandwidthLimit: string('bandwidth_limit'),
      /** Empty is `client`. */
      bandwidthLimitMode: string('bandwidth_limit_mode'),
      group: string('group'),
      groupKey: string('group_key'),
      metas: stringMap('metas'),
      annotations: stringMap('annotations'),
      /** tcp, udp; 0 leaves the choice to the server. Any number. */
      remotePort: integer('remote_port'),
      customDomains: strings('custom_domains'),
      subdomain: string('subdomain'),
      locations: strings('locations'),
      httpUser: string('http_user'),
      httpPassword: string('http_pwd'),
      hostHeaderRewrite: string('host_header_rewrite'),
      headers: stringMap('headers'),
      responseHeaders: stringMap('response_headers'),
      routeByHttpUser: string('route_by_http_user'),
      secretKey: string('sk'),
      allowUsers: strings('allow_users'),
      multiplexer: string('multiplexer'),
    },
  },
  newProxyResp: {
    v1Type: 0x32,
    v2Id: 4,
    fields: { proxyName: string('proxy_name'), remoteAddr: string('remote_addr'), error: string('error') },
  },
  closeProxy: { v1Type: 0x63, v2Id: 5, fields: { proxyName: string('proxy_name') } },
  /** Client to server, the first on a work connection. */
  newWorkConn: {
    v1Type: 0x77,
    v2Id: 6,
    fields: { runId: string('run_id'), privilegeKey: string('privilege_key'), timestamp: integer('timestamp') },
  },
  reqWorkConn: { v1Type: 0x72, v2Id: 7, fields: {} },
  startWorkConn: {
    v1Type: 0x73,
    v2Id: 8,
    fields: {
      proxyName: string('proxy_name'),
      srcAddr: string('src_addr'),
      dstAddr: string('dst_addr'),
      srcPort: uint16('src_port'),
      dstPort: uint16('dst_port'),
      error: string('error'),
    },
  },
  /** Client to server, the first on a visitor's connection. */
  newVisitorConn: {
    v1Type: 0x76,
    v2Id: 9,
    fields: {
      runId: string('run_id'),
      proxyName: string('proxy_name'),
      signKey: string('sign_key'),
      timestamp: integer('timestamp'),
      useEncryption: boolean('use_encryption'),
      useCompression: boolean('use_compression'),
    },
  },
  newVisitorConnResp: {
    v1Type: 0x33,
    v2Id: 10,
    fields: { proxyName: string('proxy_name'), error: string('error') },
  },
  /** Client to server on its control, and on the work connection of a udp proxy. */
  ping: { v1Type: 0x68, v2Id: 11, fields: { privilegeKey: string('privilege_key'), timestamp: integer('timestamp') } },
  pong: { v1Type: 0x34, v2Id: 12, fields: { error: string('error') } },
  /** A datagram, both ways on the work connection of a udp proxy. */
  udpPacket: {
    v1Type: 0x75,
    v2Id: 13,
    fields: {
      content: bytes('c'),
      /** Nobody uses it. */
      local: udpAddress('l'),
      /** The user outside. */
      remote: udpAddress('r'),
    },
  },
  natHoleVisitor: {
    v1Type: 0x69,
    v2Id: 14,
    fields: {
      transactionId: string('transaction_id'),
      proxyName: string('proxy_name'),
      preCheck: boolean('pre_check'),
      protocol: string('protocol'),
      signKey: string('sign_key'),
      timestamp: integer('timestamp'),
      mappedAddrs: strings('mapped_addrs'),
      assistedAddrs: strings('assisted_addrs'),
    },
  },
  natHoleClient: {
    v1Type: 0x6e,
    v2Id: 15,
    fields: {
      transactionId: string('transaction_id'),
      proxyName: string('proxy_name'),
      sid: string('sid'),
      mappedAddrs: strings('mapped_addrs'),
      assistedAddrs: strings('assisted_addrs'),
    },
  },
  natHoleResp: {
    v1Type: 0x6d,
    v2Id: 16,
    fields: {
      transactionId: string('transaction_id'),
      sid: string('sid'),
      protocol: string('protocol'),
      candidateAddrs: strings('candidate_addrs'),
      assistedAddrs: strings('assisted_addrs'),
      detectBehavior: struct('detect_behavior', {
        role: string('role'),
        mode: integer('mode'),
        ttl: integer('ttl'),
        sendDelayMs: integer('send_delay_ms'),
        readTimeoutMs: integer('read_timeout'),
        candidatePorts: structs('candidate_ports', { from: integer('from'), to: integer('to') }),
        sendRandomPorts: integer('send_random_ports'),
        listenRandomPorts: integer('listen_random_ports'),
      }),
      error: string('error'),
    },
  },
  /** Server to client on a work connection, and between the two ends over UDP. */
  natHoleSid: {
    v1Type: 0x35,
    v2Id: 17,
    fields: {
      transactionId: string('transaction_id'),
      sid: string('sid'),
      response: boolean('response'),
      nonce: string('nonce'),
    },
  },
  natHoleReport: { v1Type: 0x36, v2Id: 18, fields: { sid: string('sid'), success: boolean('success') } },
} as const;
