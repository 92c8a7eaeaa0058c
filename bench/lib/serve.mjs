/**
 * Listens on a free loopback port and tells the parent.
 * @param {import('node:http').Server} server
 */
export function serve(server) {
  server.listen(0, '127.0.0.1', () => {
    process.send({ type: 'listening', url: `http://127.0.0.1:${server.address().port}` });
  });
  process.once('disconnect', () => process.exit());
  process.once('SIGTERM', () => process.exit());
}
