import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { answerClientError } from './client-error';

const HOUSE = { error: 'malformed HTTP request', code: 400, timestamp: expect.any(String) as string };
const UPLOADS = { success: false, code: 'INVALID_REQUEST', error: 'malformed HTTP request' };
const headOf = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;

describe('what is no HTTP is answered', () => {
  let server: Server;
  let answersAtOnce = false;

  beforeEach(async () => {
    answersAtOnce = false;
    server = createServer((request, response) => {
      request.socket.lastResponse = response;
      request.on('error', () => undefined).resume();
      if (answersAtOnce) response.end('first');
      else request.once('end', () => response.end('complete'));
    });
    server.on('clientError', (error: Error, socket: Socket) => {
      answerClientError(error, socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Everything that comes back until the connection is closed, when each text is sent after an answer or a pause. */
  const say = async (...texts: readonly string[]): Promise<string> => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    let received = '';
    client.on('data', (chunk) => (received += chunk.toString()));
    const [first = '', ...others] = texts;
    client.write(first);
    if (others.length > 0) {
      client.once('data', () => client.write(others.join('')));
    }
    await new Promise((resolve) => client.once('close', resolve));
    return received;
  };
  const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n')));

  it.each([
    ['a body under /api/video/', `${headOf('/api/video/upload')}zz\r\n`, UPLOADS],
    ['a body elsewhere', `${headOf('/api/v2/tokens')}zz\r\n`, HOUSE],
    ['a head', 'POST /api/video/upload HTTP/1.1\r\nno header\r\n\r\n', HOUSE],
    ['a head after an upload that has ended', `${headOf('/api/video/upload')}0\r\n\r\nnonsense\r\n\r\n`, HOUSE],
  ])('in the form of whoever it was for: %s', async (_what, text, body) => {
    const answer = await say(text);
    expect(answer).toMatch(/HTTP\/1\.1 400 Bad Request\r\n/);
    expect(bodyOf(answer)).toEqual(body);
  });

  it('by no second answer where there was one', async () => {
    answersAtOnce = true;
    const answer = await say(headOf('/api/video/upload'), 'zz\r\n');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
