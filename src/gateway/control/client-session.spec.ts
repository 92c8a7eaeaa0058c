import { type ControlCipher, v1Codec } from '@tollgate/frp-wire';
import { record, streamPair } from '@tollgate/testing';
import { ProxyHarness } from '../../../test/support/proxy-harness';
import { ClientSession } from './client-session';
import { ControlChannel } from './control-channel';

const GRACE_MS = 100;
const PLAIN: ControlCipher = { seal: (bytes) => bytes, open: (bytes) => bytes, finish: () => undefined };

describe('ClientSession', () => {
  it('serves users of a proxy only when its client was told that it has it', async () => {
    const { identity } = new ProxyHarness().session;
    const tasks: { readonly delayMs: number; readonly task: () => void }[] = [];
    const user = { serve: jest.fn(), fail: jest.fn() };
    const served: number[] = [];
    const session: ClientSession = new ClientSession(
      identity,
      {
        maxPoolCount: 0,
        userConnectionTimeoutMs: 10_000,
        maxWaitingUsers: 10,
        heartbeatTimeoutMs: 0,
        checkPing: () => true,
        nowMs: () => 0,
        schedule: (delayMs, task) => {
          tasks.push({ delayMs, task });
        },
      },
      {
        newProxy: (_session, { proxyName }) => {
          // Its port is open from here on.
          session.takeWorkConnection(user, proxyName);
          served.push(user.serve.mock.calls.length);
          return Promise.resolve({ type: 'newProxyResp', proxyName });
        },
        closeProxy: () => undefined,
        closeProxies: () => undefined,
        onClose: () => undefined,
      },
    );
    const [near, client] = streamPair();
    const heard = record(client);
    session.start(new ControlChannel(near, v1Codec, PLAIN, session));
    const [work] = streamPair();
    session.offerWorkConnection(work);
    client.write(v1Codec.encode({ type: 'newProxy', proxyName: 'web' }));
    await heard.told('data');
    served.push(user.serve.mock.calls.length);
    expect(heard.bytes.toString()).toContain('web');
    expect(tasks.map(({ delayMs }) => delayMs)).toEqual([GRACE_MS]);
    for (const { task } of tasks) task();
    expect([...served, user.serve.mock.calls]).toEqual([0, 0, [[work]]]);
  });
});
