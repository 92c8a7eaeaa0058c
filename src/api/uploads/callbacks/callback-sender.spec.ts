import { once } from 'node:events';
import { CidrList } from '@tollgate/config';
import { CallbackReceiver } from '../../../../test/support/callback-receiver';
import { CallbackNetwork } from './callback-network';
import { CALLBACK_LIMITS, CallbackSender, type Delivery } from './callback-sender';

const LOOPBACK = ['127.0.0.0/8', '::1'];

describe('CallbackSender', () => {
  let receiver: CallbackReceiver;

  beforeAll(async () => {
    receiver = await CallbackReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
  });
  beforeEach(() => {
    receiver.received.length = 0;
    receiver.answer = (response) => {
      response.writeHead(204).end();
    };
  });

  async function send(
    url: string,
    { allowed = LOOPBACK, timeoutMs = 5_000, cancelled = new AbortController().signal } = {},
  ): Promise<Delivery> {
    const network = new CallbackNetwork(new CidrList(allowed));
    const sender = new CallbackSender(network, 'Tollgate/test', { ca: receiver.certificate, timeoutMs });
    return sender.send(url, '{"a":"ä"}', { 'webhook-id': 'ucb_1' }, cancelled);
  }

  it('posts the body as it is, as JSON, with the headers', async () => {
    expect(await send(receiver.url('/hook?a=1'))).toEqual({ kind: 'answered', status: 204 });
    expect(receiver.received).toMatchObject([
      {
        path: '/hook?a=1',
        body: '{"a":"ä"}',
        headers: { 'content-type': 'application/json', 'webhook-id': 'ucb_1', 'user-agent': 'Tollgate/test' },
      },
    ]);
  });

  it.each(['localhost', '127.0.0.1'])('does not connect to %s unless the installation allows it', async (host) => {
    expect(await send(receiver.url('/', host), { allowed: [] })).toEqual({
      kind: 'failed',
      reason: 'the address is not public',
    });
    expect(receiver.received).toEqual([]);
  });

  it('follows no redirect', async () => {
    receiver.answer = (response) => {
      response.writeHead(302, { location: receiver.url('/elsewhere') }).end();
    };
    expect(await send(receiver.url('/'))).toEqual({ kind: 'answered', status: 302 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/']);
  });

  it('does not send over http', async () => {
    expect(await send(receiver.url('/').replace('https:', 'http:'))).toMatchObject({ kind: 'failed' });
  });

  it('gives up on a receiver that does not answer in time', async () => {
    receiver.answer = () => undefined;
    expect(await send(receiver.url('/'), { timeoutMs: 100 })).toEqual({ kind: 'failed', reason: 'no answer in time' });
  });

  it('takes the status of an answer whose body never ends', async () => {
    receiver.answer = (response) => {
      response.writeHead(200).flushHeaders();
    };
    expect(await send(receiver.url('/'), { timeoutMs: 300 })).toEqual({ kind: 'answered', status: 200 });
  });

  it('reads no more of an answer than it is allowed to', async () => {
    let written = 0;
    let closed: Promise<unknown> = Promise.resolve();
    receiver.answer = (response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    expect(await send(receiver.url('/'))).toEqual({ kind: 'answered', status: 200 });
    await closed;
    // What the sockets' buffers hold comes on top.
    expect(written).toBeLessThan(CALLBACK_LIMITS.maxAnswerBytes + 32 * 1_048_576);
  });

  it('says of a connection that fails what kind of failure it is, and nothing of the network', async () => {
    const delivery = await send('https://localhost:1/');
    expect(delivery).toEqual({ kind: 'failed', reason: 'the connection failed: ECONNREFUSED' });
  });

  it('ends early when it is cancelled', async () => {
    receiver.answer = () => undefined;
    const cancelled = new AbortController();
    const sending = send(receiver.url('/'), { cancelled: cancelled.signal });
    cancelled.abort();
    expect(await sending).toEqual({ kind: 'cancelled' });
  });
});
