// Makes a connection longer and not narrower: node delay-relay.mjs <target port> <delay ms, each way>
import { connect, createServer } from 'node:net';

const [target, delayMs] = process.argv.slice(2).map(Number);
const TICK_MS = 1;

/** Everything read at once and written when it is due: what is on its way has no bound but the sender's own. */
function pipeLate(from, to) {
  const onItsWay = [];
  let timer;
  const deliver = () => {
    timer = undefined;
    const now = performance.now();
    while (onItsWay.length > 0 && onItsWay[0].dueMs <= now) {
      const { chunk } = onItsWay.shift();
      if (chunk === undefined) to.end();
      else to.write(chunk);
    }
    if (onItsWay.length > 0) timer = setTimeout(deliver, Math.max(TICK_MS, onItsWay[0].dueMs - now));
  };
  const send = (chunk) => {
    onItsWay.push({ chunk, dueMs: performance.now() + delayMs });
    timer ??= setTimeout(deliver, delayMs);
  };
  from.on('data', send);
  from.on('end', () => send(undefined));
  from.on('error', () => to.destroy());
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  pipeLate(near, far);
  pipeLate(far, near);
});
server.listen(0, '127.0.0.1', () => process.send({ type: 'listening', url: String(server.address().port) }));
process.once('disconnect', () => process.exit());
process.once('SIGTERM', () => process.exit());
