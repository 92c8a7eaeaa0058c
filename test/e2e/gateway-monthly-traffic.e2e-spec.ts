import { connect } from 'node:net';
import type { ByteStream } from '@tollgate/stream-kit';
import type { ApiProcess } from '../support/api-process';
import { describeWithEtcd, type EtcdForTests, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { FrpClient } from '../support/frp-client';
import { type GatewayProcess, startGateway } from '../support/gateway-process';
import { callWithBearer, expectStatus } from '../support/hmac-client';
import type { Answer } from '../support/http-client';
import { ADMIN_TUNNELS, startApiOnEtcd } from '../support/tunnel-stores';

const KEY = 'a-key-that-gateways-report-by-0123456789';
const MB = 1_048_576;
const GB = 1_024 * MB;

describeWithEtcd('monthly traffic over several gateways that report to one api', () => {
  let etcd: EtcdForTests;
  let api: ApiProcess;
  let gateways: readonly { readonly process: GatewayProcess; readonly bindPort: number }[];

  beforeAll(async () => {
    etcd = await startEtcd();
    api = await startApiOnEtcd(etcd, { TRAFFIC_REPORT_KEY: KEY });
    gateways = await Promise.all([startOne(), startOne()]);
  });

  afterAll(async () => {
    await Promise.all(gateways.map(({ process }) => process.stop()));
    await api.stop();
    await etcd.stop();
  });

  async function startOne(): Promise<{ readonly process: GatewayProcess; readonly bindPort: number }> {
    const bindPort = await freePort();
    const process = await startGateway(`bindPort = ${String(bindPort)}\n`, {
      env: {
        ETCD_ENDPOINTS: etcd.endpoint,
        ETCD_REGION: 'eu',
        TRAFFIC_REPORT_URL: `${api.url}/traffic/report`,
        TRAFFIC_REPORT_KEY: KEY,
      },
    });
    return { process, bindPort };
  }

  const operator = (method: string, path: string, body?: object): Promise<Answer> =>
    callWithBearer(api.url, api.operatorKey, method, path, body);

  /** @param monthlyMb bytes of its month, in MiB */
  async function newToken(monthlyMb: number): Promise<{ readonly id: string; readonly token: string }> {
    const made = await operator('POST', ADMIN_TUNNELS, {
      monthly_traffic_gb: (monthlyMb * MB) / GB,
      traffic_report_interval_mb: 1,
      max_ports: 1,
      max_clients: 1,
    });
    expectStatus(201, made);
    return { id: made.string('token_id'), token: made.string('token') };
  }

  /** A client with one proxy at a gateway. */
  async function serve(gateway: number, token: string): Promise<{ readonly client: FrpClient; readonly port: number }> {
    const bindPort = gateways[gateway]?.bindPort ?? 0;
    const port = await freePort();
    let client: FrpClient | undefined;
    await eventually(5_000, async () => {
      client = await FrpClient.connect({ port: bindPort, token });
    });
    if (client === undefined) throw new Error('no client');
    const answer = await client.addProxy({ type: 'tcp', name: 'web', remotePort: port, local: { handler: echoOn } });
    expect(answer.error).toBe('');
    return { client, port };
  }

  function echoOn(stream: ByteStream): void {
    stream.attach({
      onData: (chunk) => {
        stream.write(Buffer.from(chunk));
      },
      onEnd: () => {
        stream.end();
      },
      onDrain: () => undefined,
      onClose: () => undefined,
    });
    stream.resume();
  }

  /** A user who has bytes echoed, and goes. @returns how many came back */
  function move(port: number, bytes: number): Promise<number> {
    return new Promise((resolve) => {
      let received = 0;
      const socket = connect(port, '127.0.0.1');
      socket
        .on('data', (chunk) => {
          received += chunk.length;
          if (received >= bytes) socket.end();
        })
        .on('error', () => undefined)
        .on('close', () => {
          resolve(received);
        });
      socket.write(Buffer.alloc(bytes, 'x'));
    });
  }

  it('is used up for all of them by what one of them moves, soon after', async () => {
    const { token } = await newToken(8);
    const one = await serve(0, token);
    const other = await serve(1, token);
    expect(await move(other.port, 1_000)).toBe(1_000);
    expect(await move(one.port, 5 * MB)).toBe(5 * MB);
    await eventually(10_000, async () => {
      expect(await move(one.port, 1_000)).toBe(0);
    });
    // It hears of it with its own next report.
    await eventually(10_000, async () => {
      expect(await move(other.port, 1_000)).toBe(0);
    });
    await Promise.all([one.client.close(), other.client.close()]);
  });

  it('leaves a gateway what the others have not moved', async () => {
    const { token } = await newToken(20);
    const one = await serve(0, token);
    const other = await serve(1, token);
    for (let round = 0; round < 2; round += 1) {
      expect(await move(one.port, 2 * MB)).toBe(2 * MB);
      expect(await move(other.port, 2 * MB)).toBe(2 * MB);
    }
    await Promise.all([one.client.close(), other.client.close()]);
  });

  it('goes on with the token that a rotation puts in its place, which shares its ports and clients as well', async () => {
    const { id, token } = await newToken(4);
    const old = await serve(0, token);
    expect(await move(old.port, 3 * MB)).toBe(3 * MB);
    const rotated = await operator('POST', `${ADMIN_TUNNELS}/${id}/rotate`, { overlap_seconds: 3_600 });
    expect(rotated.status).toBeLessThan(300);
    const fresh = rotated.string('token');
    await eventually(5_000, async () => {
      await expect(FrpClient.connect({ port: gateways[0]?.bindPort ?? 0, token: fresh })).rejects.toThrow(
        'too many clients with this token',
      );
    });
    await old.client.close();
    const next = await serve(0, fresh);
    await eventually(10_000, async () => {
      expect(await move(next.port, 1_000)).toBe(0);
    });
    // Nor does another gateway begin anew once it has reported anything.
    const elsewhere = await serve(1, fresh);
    await eventually(10_000, async () => {
      expect(await move(elsewhere.port, 1_000)).toBe(0);
    });
    await Promise.all([next.client.close(), elsewhere.client.close()]);
  });
});
