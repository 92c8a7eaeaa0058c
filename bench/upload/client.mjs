// Sends files as forms, all at once, and prints how long it took: node client.mjs <url> <bytes> <token…>
// The content is the beginning of an MP4 and then random bytes, the same block again and again.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';

const [url, size, ...tokens] = process.argv.slice(2);
const BLOCK = 1_048_576;
const BOUNDARY = '----tollgate-bench';
const bytes = Number(size);

const block = randomBytes(BLOCK);
const first = Buffer.from(block);
Buffer.from('00000020667479706d703432000000006d7034326d70343169736f6d61766331', 'hex').copy(first);
const head = Buffer.from(
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.mp4"\r\nContent-Type: video/mp4\r\n\r\n`,
);
const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
const sha256 = createHash('sha256');
for (const part of content()) sha256.update(part);
const expected = sha256.digest('hex');

const before = performance.now();
const answers = await Promise.all(tokens.map(send));
const seconds = (performance.now() - before) / 1_000;
console.log(JSON.stringify({ seconds, fileIds: answers.map(({ fileId }) => fileId) }));

function* content() {
  for (let sent = 0; sent < bytes; sent += BLOCK) {
    const from = sent === 0 ? first : block;
    yield bytes - sent < BLOCK ? from.subarray(0, bytes - sent) : from;
  }
}

async function send(token) {
  const sending = request(new URL('/api/video/upload', url), {
    method: 'POST',
    headers: {
      'x-upload-token': token,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': head.length + bytes + tail.length,
    },
  });
  const answering = once(sending, 'response');
  sending.write(head);
  for (const part of content()) if (!sending.write(part)) await once(sending, 'drain');
  sending.end(tail);
  const [response] = await answering;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const answer = JSON.parse(text);
  if (response.statusCode >= 300 || answer.success !== true) throw new Error(`${response.statusCode}: ${text}`);
  if (answer.sha256 !== undefined && answer.sha256 !== expected) throw new Error('stored something else than was sent');
  return answer;
}
