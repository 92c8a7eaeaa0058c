import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3, type IOptions } from 'etcd3';
import { describeWith } from './describe-with';
import { eventually } from './eventually';
import { freePort } from './free-port';

const START_MS = 15_000;
const STOP_MS = 5_000;

/** An etcd of a test's own, which it may do anything to. */
export interface EtcdForTests {
  /** `http://127.0.0.1:port`, or `https://…` with TLS. */
  readonly endpoint: string;
  readonly port: number;
  /** A client of the test's own, closed with the server. */
  readonly client: Etcd3;
  /** Ends it without a word; connections are reset. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Starts it anew on the same port; ends it first when it runs. */
  restart(options?: { /** Without what it knew. */ readonly wipe?: boolean }): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}

export interface EtcdStartOptions {
  /** Files of a server with TLS that asks for certificates of clients. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** How the test's own client logs in. */
  readonly credentials?: NonNullable<IOptions['credentials']>;
}

/** Starts a server on free loopback ports and waits until it answers. */
export async function startEtcd({ tls, credentials }: EtcdStartOptions = {}): Promise<EtcdForTests> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const endpoint = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`;
  const peer = `http://127.0.0.1:${String(peerPort)}`;
  const args = [
    ...['--name', 'test', '--log-level', 'error', '--logger', 'zap'],
    ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `test=${peer}`],
    ...(tls === undefined ? [] : ['--cert-file', tls.certFile, '--key-file', tls.keyFile]),
    ...(tls === undefined ? [] : ['--trusted-ca-file', tls.caFile, '--client-cert-auth']),
  ];
  const client = new Etcd3({
    hosts: endpoint,
    ...(credentials !== undefined && { credentials }),
    grpcOptions: { 'grpc.initial_reconnect_backoff_ms': 50, 'grpc.max_reconnect_backoff_ms': 200 },
  });
  let runs = 0;
  let server: EtcdProcess;
  const start = async (): Promise<void> => {
    server = runEtcd([...args, '--data-dir', join(folder, String(runs))]);
    await answers(server, endpoint, credentials);
  };
  const kill = async (): Promise<void> => {
    server.child.kill('SIGKILL');
    await server.exited;
  };
  const stop = async (): Promise<void> => {
    client.close();
    server.child.kill('SIGCONT');
    server.child.kill('SIGTERM');
    const timer = setTimeout(() => server.child.kill('SIGKILL'), STOP_MS);
    await server.exited;
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  };
  await start();
  return {
    endpoint,
    port,
    client,
    kill,
    freeze: () => server.child.kill('SIGSTOP'),
    thaw: () => server.child.kill('SIGCONT'),
    restart: async ({ wipe = false } = {}) => {
      await kill();
      if (wipe) runs += 1;
      await start();
    },
    stop,
  };
}

/** Skipped where there is no etcd, and says so; in CI it fails. */
export function describeWithEtcd(name: string, define: () => void): void {
  const found = spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0;
  describeWith(name, 'etcd', found ? undefined : 'no etcd (Debian: etcd-server)', define);
}

interface EtcdProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  ended: boolean;
}

function runEtcd(args: readonly string[]): EtcdProcess {
  const child = spawn('etcd', args, { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  const killAtExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  const running: EtcdProcess = {
    child,
    ended: false,
    exited: new Promise((resolve) => {
      const over = (): void => {
        process.off('exit', killAtExit);
        running.ended = true;
        resolve();
      };
      child.once('error', over);
      child.once('exit', over);
    }),
  };
  return running;
}

async function answers(
  server: EtcdProcess,
  endpoint: string,
  credentials: IOptions['credentials'] | undefined,
): Promise<void> {
  await eventually(START_MS, async () => {
    if (server.ended) throw new Error('etcd ended before it answered');
    // A new client each time: one that was refused waits before it tries again.
    const probe = new Etcd3({ hosts: endpoint, ...(credentials !== undefined && { credentials }) });
    try {
      await probe.maintenance.status();
    } finally {
      probe.close();
    }
  });
}
