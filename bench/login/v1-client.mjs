import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const LOGIN = 'o';
const NEW_PROXY = 'p';
const NEW_WORK_CONN = 'w';
const ANSWERS = { 1: 'loginResp', 2: 'newProxyResp', r: 'reqWorkConn', s: 'startWorkConn' };
const HEAD_BYTES = 9;
const IV_BYTES = 16;
const ANSWER_MS = 30_000;

/** One message of wire protocol v1: its type, its length in eight bytes, JSON. */
function message(type, body) {
  const json = Buffer.from(JSON.stringify(body));
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(type, 'latin1');
  head.writeBigInt64BE(BigInt(json.length), 1);
  return Buffer.concat([head, json]);
}

/** Messages out of bytes that come in pieces; what follows the last one that was asked for stays. */
class Inbox {
  rest = Buffer.alloc(0);

  push(chunk) {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
  }

  next() {
    if (this.rest.length < HEAD_BYTES) return undefined;
    const end = HEAD_BYTES + Number(this.rest.readBigInt64BE(1));
    if (this.rest.length < end) return undefined;
    const type = String.fromCharCode(this.rest[0]);
    const body = JSON.parse(this.rest.toString('utf8', HEAD_BYTES, end));
    this.rest = this.rest.subarray(end);
    return { type: ANSWERS[type] ?? type, body };
  }
}

/**
 * Logs in over plain TCP, without multiplexing, as frpc 0.70 does with `tcpMux = false` and TLS off.
 * @param {{ port: number, token: string, from?: string, runId?: string, user?: string, timestamp?: number }} who `from`: a loopback address
 * @returns {Promise<{ ms: number, runId: string, error: string, socket: import('node:net').Socket, rest: Buffer }>} `ms`: from the
 * message to its answer
 */
export function logIn({ port, token, from, runId = '', user = '', timestamp = Math.floor(Date.now() / 1000) }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) });
    socket.setNoDelay(true);
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer to a login')));
    socket.once('error', reject);
    const inbox = new Inbox();
    let sentMs = 0;
    socket.once('connect', () => {
      const privilege_key = createHash('md5').update(`${token}${timestamp}`).digest('hex');
      const body = { version: '0.70.1', os: 'linux', arch: 'amd64', user, privilege_key, timestamp, run_id: runId };
      sentMs = performance.now();
      socket.write(message(LOGIN, { ...body, pool_count: 1 }));
    });
    const take = (chunk) => {
      inbox.push(chunk);
      const answer = inbox.next();
      if (answer === undefined) return;
      const ms = performance.now() - sentMs;
      socket.off('data', take);
      socket.pause();
      socket.setTimeout(0);
      const { run_id = '', error = '' } = answer.body;
      resolve({ ms, runId: run_id, error, socket, rest: inbox.rest });
    };
    socket.on('data', take);
    socket.once('close', () => reject(new Error('a login was not answered')));
  });
}

/** A client with one tcp proxy that sends back what comes. @returns {Promise<{ close: () => void }>} */
export async function openEcho({ port, token, remotePort, from }) {
  const { socket, runId, error, rest } = await logIn({ port, token, from });
  if (error !== '') throw new Error(`the echo client was refused: ${error}`);
  const key = pbkdf2Sync(token, 'frp', 64, 16, 'sha1');
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-128-cfb', key, iv);
  const send = (type, body) => socket.write(cipher.update(message(type, body)));
  const works = new Set();
  socket.on('error', () => undefined);
  socket.write(iv);
  await new Promise((resolve, reject) => {
    const inbox = new Inbox();
    let head = rest;
    let decipher;
    socket.on('data', (chunk) => {
      let bytes = chunk;
      if (decipher === undefined) {
        head = Buffer.concat([head, chunk]);
        if (head.length < IV_BYTES) return;
        decipher = createDecipheriv('aes-128-cfb', key, head.subarray(0, IV_BYTES));
        bytes = head.subarray(IV_BYTES);
      }
      inbox.push(decipher.update(bytes));
      for (let next = inbox.next(); next !== undefined; next = inbox.next()) {
        if (next.type === 'reqWorkConn') works.add(work(port, runId, from));
        if (next.type === 'newProxyResp' && next.body.error) reject(new Error(next.body.error));
        else if (next.type === 'newProxyResp') resolve();
      }
    });
    socket.resume();
    send(NEW_PROXY, { proxy_name: 'echo', proxy_type: 'tcp', remote_port: remotePort });
  });
  return {
    close: () => {
      for (const each of works) each.destroy();
      socket.destroy();
    },
  };
}

/** Offers a connection, and echoes once a user has it. */
function work(port, runId, from) {
  const socket = connect({ port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) });
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.once('connect', () => socket.write(message(NEW_WORK_CONN, { run_id: runId })));
  const inbox = new Inbox();
  const start = (chunk) => {
    inbox.push(chunk);
    if (inbox.next() === undefined) return;
    socket.off('data', start);
    if (inbox.rest.length > 0) socket.write(inbox.rest);
    socket.on('data', (bytes) => socket.write(bytes));
  };
  socket.on('data', start);
  return socket;
}
