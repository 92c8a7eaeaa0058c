// What the clients' proxies lead to, in a process of its own: node service.mjs; tells its parent the two ports.
import { createServer } from 'node:net';
import { writePayload } from './payload.mjs';

/** A user's first bytes: what is wanted, and of how many bytes. */
const REQUEST_BYTES = 9;
const HEAD_END = Buffer.from('\r\n\r\n');
const BODY_BYTES = 1024;

/** `e`: echo; `u`: takes the bytes and answers one; `d`: sends them. */
const bulk = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  let held = Buffer.alloc(0);
  socket.on('data', function onRequest(chunk) {
    held = Buffer.concat([held, chunk]);
    if (held.length < REQUEST_BYTES) return;
    socket.off('data', onRequest);
    const bytes = Number(held.readBigUInt64BE(1));
    const rest = held.subarray(REQUEST_BYTES);
    switch (String.fromCharCode(held[0])) {
      case 'u':
        take(socket, bytes - rest.length);
        break;
      case 'd':
        socket.on('data', () => {});
        writePayload(socket, bytes);
        break;
      default:
        if (rest.length > 0) socket.write(rest);
        socket.on('data', (data) => socket.write(data));
    }
  });
});

function take(socket, bytes) {
  let left = bytes;
  socket.on('data', (chunk) => {
    left -= chunk.length;
    if (left <= 0) socket.write('!');
  });
}

const answer = (connection) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: ${connection}\r\nContent-Length: ${BODY_BYTES}\r\n\r\n${'x'.repeat(BODY_BYTES)}`,
  );
const KEEPS = answer('keep-alive');
const CLOSES = answer('close');

/** Answers every head that has no body behind it, and knows no more of HTTP: so that it is never the limit. */
const http = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (let end = held.indexOf(HEAD_END); end >= 0; end = held.indexOf(HEAD_END)) {
      const closes = /^connection: close\r?$/im.test(held.toString('latin1', 0, end));
      held = held.subarray(end + HEAD_END.length);
      if (closes) socket.end(CLOSES);
      else socket.write(KEEPS);
    }
  });
});

await Promise.all([bulk, http].map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))));
process.send({ type: 'listening', url: `${bulk.address().port} ${http.address().port}` });
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());
