// The MongoDB stand-in for tests: mongo-java-server.
import { javaServer } from './java-server.mjs';

const standIn = javaServer({
  title: 'the MongoDB stand-in',
  sources: 'test/support/mongo-server',
  main: 'MongoStandIn.java',
  jars: 'mongo-java-server',
});

export const mongoStandInState = standIn.state;
export const installMongoStandIn = standIn.install;

export async function startMongoStandIn({ port = 0 } = {}) {
  const server = await standIn.start(port);
  return { uri: `mongodb://127.0.0.1:${server.port}`, pid: server.pid, stop: server.stop };
}
