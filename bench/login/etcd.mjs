import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../lib/free-port.mjs';
import { startChild } from '../lib/server-process.mjs';

const { Etcd3 } = createRequire(import.meta.url)('etcd3');
const PREFIX = '/frp/tokens/';
/** etcd takes 128 operations in a transaction. */
const BATCH = 100;
const AT_ONCE = 4;
const START_MS = 15_000;

export function hasEtcd() {
  return spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** An etcd of the benchmark's own. */
export async function startEtcd() {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-etcd-'));
  const [port, peerPort] = [await freePort(), await freePort()];
  const [endpoint, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const args = [
    '--name',
    'bench',
    '--log-level',
    'error',
    '--logger',
    'zap',
    '--data-dir',
    folder,
    '--unsafe-no-fsync',
  ];
  const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peer];
  const cluster = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `bench=${peer}`];
  // Older ones don't know the flag.
  const known = spawnSync('etcd', ['--help'], { encoding: 'utf8' }).stdout.includes('unsafe-no-fsync');
  const child = startChild(undefined, ['etcd', ...(known ? args : args.slice(0, -1)), ...urls, ...cluster], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH },
  });
  const client = new Etcd3({ hosts: endpoint });
  for (const deadline = performance.now() + START_MS; ; await sleep(100)) {
    try {
      await client.maintenance.status();
      break;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
  return {
    port,
    /** @param {{ token: string }[]} documents */
    async put(documents) {
      await inBatches(documents, (document) => ({
        request_put: { key: Buffer.from(PREFIX + document.token), value: Buffer.from(JSON.stringify(document)) },
      }));
    },
    /** @param {string[]} tokens */
    async delete(tokens) {
      await inBatches(tokens, (token) => ({ request_delete_range: { key: Buffer.from(PREFIX + token) } }));
    },
    async compact() {
      const { header } = await client.kv.range({ key: Buffer.from('x') });
      await client.kv.compact({ revision: header.revision, physical: true });
    },
    async stop() {
      client.close();
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function inBatches(items, operation) {
    const batches = [];
    for (let from = 0; from < items.length; from += BATCH) batches.push(items.slice(from, from + BATCH));
    const write = async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        await client.kv.txn({ success: batch.map(operation) });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, write));
  }
}
