import { connect, createServer } from 'node:net';

/** A way to a server that can be cut. @returns {Promise<{ port: number, cut: () => void, mend: () => void, close: () => void }>} */
export async function startRelay(toPort, isOpen) {
  let open = isOpen;
  const sockets = new Set();
  const server = createServer((near) => {
    if (!open) {
      near.destroy();
      return;
    }
    const far = connect(toPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
      socket.on('error', () => undefined);
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: server.address().port,
    cut,
    mend: () => (open = true),
    close: () => {
      cut();
      server.close();
    },
  };
}
