// The S3 server for tests: S3Proxy, with its objects in a folder of its own.
import { javaServer } from './java-server.mjs';

const server = javaServer({
  title: 'the S3 server',
  sources: 'test/support/s3-server',
  main: 'S3Server.java',
  jars: 's3proxy',
});

/** What it asks of its clients; it listens on the loopback address only. */
export const S3_CREDENTIALS = { accessKeyId: 'tollgate-test', secretAccessKey: 'tollgate-test-secret' };

export const s3ServerState = server.state;
export const installS3Server = server.install;

export async function startS3Server({ port = 0 } = {}) {
  const { accessKeyId, secretAccessKey } = S3_CREDENTIALS;
  const { port: bound, pid, stop } = await server.start(port, accessKeyId, secretAccessKey);
  return { uri: `http://127.0.0.1:${bound}`, pid, stop };
}
