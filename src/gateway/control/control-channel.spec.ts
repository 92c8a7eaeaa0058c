import { type ControlCipher, v1Codec } from '@tollgate/frp-wire';
import { record, streamPair } from '@tollgate/testing';
import { ControlChannel } from './control-channel';

/** The protocol's bound for a message of v1, in bytes. */
const MAX_BODY_BYTES = 10_240;

describe('ControlChannel', () => {
  const plain: ControlCipher = { seal: (bytes) => bytes, open: (bytes) => bytes, finish: () => undefined };

  it('ends the control of a client that can not be answered, and throws nothing', async () => {
    const [server, client] = streamPair();
    const closed: (Error | undefined)[] = [];
    const channel = new ControlChannel(server, v1Codec, plain, {
      onMessage: () => undefined,
      onClose: (error) => {
        closed.push(error);
      },
    });
    const reader = record(client);
    channel.start();
    channel.send({ type: 'newProxyResp', proxyName: 'x'.repeat(MAX_BODY_BYTES), error: 'refused' });
    expect(closed.map((error) => error?.name)).toEqual(['WireError']);
    channel.send({ type: 'pong' });
    await reader.told('close');
    expect(reader.byteCount).toBe(0);
  });
});
