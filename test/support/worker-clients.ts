import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import type { ByteStream } from '@tollgate/stream-kit';
import { eventually } from './eventually';
import { FrpClient } from './frp-client';
import type { GatewayProcess } from './gateway-process';

const LOG_MS = 5_000;

/** frpc waits longer, and tries again then as well. */
const LOGIN_MS = 3_000;

type ClientOptions = Parameters<typeof FrpClient.connect>[0];

/**
 * Which process of a gateway in several has a client, by its log.
 * @param nth of the logins with its run id
 */
export async function workerOf(gateway: GatewayProcess, { runId }: FrpClient, nth = 1): Promise<number> {
  let pid: number | undefined;
  // The log comes by another way than the answer to the login.
  await eventually(LOG_MS, async () => {
    pid = logOf(gateway)
      .flatMap(({ msg, pid: of, ...fields }) =>
        msg === 'client logged in' && fields['runId'] === runId ? [Number(of)] : [],
      )
      .at(nth - 1);
    if (pid === undefined) throw new Error(`no login of ${runId} in the log`);
  });
  return pid ?? 0;
}

/** The processes of a gateway that listen at present or have listened, in the order of their starts. */
export function workersOf(gateway: GatewayProcess): number[] {
  return logOf(gateway).flatMap(({ msg, pid }) => (msg === 'listening for frp clients' ? [Number(pid)] : []));
}

/** Logs in until two workers have a client, one of each, and closes the others. */
export async function clientsOfTwoWorkers(
  gateway: GatewayProcess,
  options: ClientOptions,
): Promise<readonly [FrpClient, FrpClient]> {
  const first = await FrpClient.connect(options);
  for (let tries = 0; tries < 20; tries += 1) {
    const other = await FrpClient.connect(options);
    if ((await workerOf(gateway, other)) !== (await workerOf(gateway, first))) return [first, other];
    await other.close();
  }
  throw new Error('all clients are at one worker');
}

/**
 * Logs in, or rejects after a while: what the primary handed to a worker that died before it took it is answered by nobody, see
 * docs/tunnels.md. It ends with the gateway.
 */
export async function connectInTime(options: ClientOptions): Promise<FrpClient> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('the login is not answered'));
    }, LOGIN_MS);
  });
  try {
    return await Promise.race([FrpClient.connect(options), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Logs in until a given worker, or any other than it, has the client. */
export async function clientOfWorker(
  gateway: GatewayProcess,
  options: ClientOptions,
  isWanted: (pid: number) => boolean,
): Promise<FrpClient> {
  for (let tries = 0; tries < 20; tries += 1) {
    const client = await FrpClient.connect(options);
    if (isWanted(await workerOf(gateway, client))) return client;
    await client.close();
  }
  throw new Error('no client is at that worker');
}

/** A service within the test that sends back what it gets. */
export const echo = {
  handler: (stream: ByteStream): void => {
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
  },
};

/** A user of a port that leads to {@link echo}. */
export class EchoUser {
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    this.closed = new Promise((resolve) => {
      socket
        .on('error', () => undefined)
        .once('close', () => {
          resolve();
        });
    });
  }

  /** @returns `undefined` when the gateway does not let it in */
  static async enter(port: number): Promise<EchoUser | undefined> {
    const socket = connect(port, '127.0.0.1');
    const user = new EchoUser(socket);
    const isIn = await user.says('hello').catch(() => false);
    if (isIn) return user;
    socket.destroy();
    return undefined;
  }

  /** Sends something, and waits until it has come back. @returns `false` when the connection ends before */
  async says(text: string | Buffer): Promise<boolean> {
    const sent = Buffer.from(text);
    const back: Buffer[] = [];
    let bytes = 0;
    const whole = new Promise<boolean>((resolve) => {
      const onData = (chunk: Buffer): void => {
        back.push(chunk);
        bytes += chunk.length;
        if (bytes < sent.length) return;
        this.socket.off('data', onData);
        resolve(Buffer.concat(back).equals(sent));
      };
      this.socket.on('data', onData);
    });
    this.socket.write(sent);
    return Promise.race([whole, this.closed.then(() => false)]);
  }

  async leave(): Promise<void> {
    this.socket.end();
    this.socket.resume();
    if (!this.socket.closed) await once(this.socket, 'close');
  }
}

function logOf(gateway: GatewayProcess): Record<string, unknown>[] {
  return gateway
    .output()
    .split('\n')
    .flatMap((line) =>
      line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as Record<string, unknown>] : [],
    );
}
