import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hasEtcd, startEtcd } from './etcd.mjs';
import { startRelay } from './relay.mjs';

const WRITER = fileURLToPath(new URL('embedded-store.mjs', import.meta.url));
const execute = promisify(execFile);

/**
 * @typedef {object} TokenStore where the gateway under test has its tokens from
 * @property {Record<string, string>} env
 * @property {(documents: { token: string }[]) => Promise<void>} put
 * @property {(documents: { token: string }[]) => Promise<void>} delete
 * @property {() => void} [open] lets the gateway reach it, which it can't before
 * @property {(change: () => Promise<void>) => Promise<void>} [changeUnseen] so that the gateway must read all anew
 * @property {() => Promise<void>} stop
 */

/** @type {Record<string, (node: string, dataDir: string) => Promise<TokenStore | string>>} a text: why it is left out */
export const STORES = {
  async etcd() {
    if (!hasEtcd()) return 'etcd is not installed (Debian: apt-get install etcd-server)';
    const etcd = await startEtcd();
    const relay = await startRelay(etcd.port, false);
    return {
      env: { ETCD_ENDPOINTS: `127.0.0.1:${relay.port}`, ETCD_REGION: 'eu' },
      put: (documents) => etcd.put(documents),
      delete: (documents) => etcd.delete(documents.map(({ token }) => token)),
      open: () => relay.mend(),
      async changeUnseen(change) {
        relay.cut();
        await change();
        await etcd.compact();
        relay.mend();
      },
      async stop() {
        relay.close();
        await etcd.stop();
      },
    };
  },
  async embedded(node, dataDir) {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
    const write = async (verb, documents) => {
      const file = join(folder, 'documents.jsonl');
      writeFileSync(file, documents.map((document) => `${JSON.stringify(document)}\n`).join(''));
      await execute(node, [WRITER, dataDir, verb, file]);
    };
    return {
      env: { TENANT_SOURCE: 'embedded', ETCD_REGION: 'eu' },
      put: (documents) => write('put', documents),
      delete: (documents) => write('delete', documents),
      stop: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
