import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Change } from '@tollgate/domain';
import { type CompiledLibs, compileLibs, useTemporaryFolder } from '@tollgate/testing';
import { SqliteStore } from './sqlite-store';

/**
 * A process that opens the store, says `open`, and for every line on its standard input inserts a token of account
 * `acc_shared`; `flood` inserts them without end. It prints the id of each token after its acknowledgement.
 */
const CHILD = `
const [, , libs, path] = process.argv;
const { SqliteStore } = require(libs + '/libs/storage/sqlite/sqlite-store.js');
const { newTokenId, newAuditId } = require(libs + '/libs/domain/index.js');
const { randomBytes } = require('node:crypto');
(async () => {
  const store = await SqliteStore.open({ path });
  const insert = async () => {
    const now = new Date();
    const token = { id: newTokenId(), accountId: 'acc_shared', hash: randomBytes(32), preview: '', description: '',
      scopes: [], isActive: true, createdAt: now, updatedAt: now, totalRequests: 0 };
    const audit = { id: newAuditId(), accountId: 'acc_shared', action: 'create_token', resourceId: token.id, ip: '',
      userAgent: '', result: 'success', timestamp: now };
    await store.tokens.insert(token, audit);
    process.stdout.write(token.id + '\\n');
  };
  const flood = async () => { for (;;) await insert(); };
  require('node:readline').createInterface(process.stdin).on('line', (line) => {
    if (line === 'flood') for (let lane = 0; lane < 8; lane++) void flood();
    else if (line === 'close') void store.close().then(() => process.stdin.destroy());
    else void insert();
  });
  process.stdout.write('open\\n');
})();
`;

type Child = ChildProcessByStdio<Writable, Readable, null>;

describe('several processes on one file', () => {
  const folder = useTemporaryFolder();
  const children = new Set<Child>();
  let libs: CompiledLibs;

  beforeAll(() => {
    libs = compileLibs(['domain', 'storage/sqlite']);
    writeFileSync(join(libs.folder, 'child.js'), CHILD);
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children.clear();
  });
  afterAll(() => {
    libs.remove();
  });

  const path = (): string => join(folder(), 'tollgate.db');

  function start(): { child: Child; lines: AsyncIterator<string> } {
    const child = spawn(process.execPath, [join(libs.folder, 'child.js'), libs.folder, path()], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.add(child);
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
  }

  const next = async (lines: AsyncIterator<string>): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the process ended');
    return value;
  };

  it('all start at once where there is no file yet, and all their writes are kept', async () => {
    const started = Array.from({ length: 4 }, start);
    for (const { lines } of started) expect(await next(lines)).toBe('open');
    for (const { child } of started) child.stdin.write('insert\n');
    const ids = await Promise.all(started.map(async ({ lines }) => next(lines)));

    const store = await SqliteStore.open({ path: path(), writer: 'inline' });
    try {
      for (const id of ids) expect(await store.tokens.findById('acc_shared', id)).toMatchObject({ id });
    } finally {
      await store.close();
    }
  });

  it(`hear of each other's changes within the promised time`, async () => {
    const { child, lines } = start();
    await next(lines);
    const store = await SqliteStore.open({ path: path(), writer: 'inline' });
    try {
      for (let round = 0; round < 3; round++) {
        let heardAtMs: number | undefined;
        const heard = new Promise<Change>((resolve) => {
          const unsubscribe = store.changes.subscribe((change) => {
            heardAtMs = performance.now();
            unsubscribe();
            resolve(change);
          });
        });
        child.stdin.write('insert\n');
        const id = await next(lines);
        const acknowledgedAtMs = performance.now();
        const change = await heard;

        const token = await store.tokens.findById('acc_shared', id);
        expect(change).toStrictEqual({ kind: 'token', tokenHash: token?.hash.toString('hex') });
        expect((heardAtMs ?? Infinity) - acknowledgedAtMs).toBeLessThan(store.changes.latencyMs);
      }
    } finally {
      await store.close();
    }
  });

  it('one that is killed in the middle of writing loses nothing that it had acknowledged', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round++) {
      const { child, lines } = start();
      await next(lines);
      child.stdin.write('flood\n');
      for (let count = 0; count < 200 + 100 * round; count++) acknowledged.push(await next(lines));
      child.kill('SIGKILL');
      await once(child, 'exit');
    }

    const store = await SqliteStore.open({ path: path(), writer: 'inline' });
    try {
      for (const id of acknowledged) expect(await store.tokens.findById('acc_shared', id)).toBeDefined();
      const tokens = await store.tokens.list('acc_shared', {}, { limit: 1, offset: 0 });
      const audits = await store.audits.list('acc_shared', {}, { limit: 1, offset: 0 });
      expect(tokens.total).toBeGreaterThanOrEqual(acknowledged.length);
      expect(audits.total).toBe(tokens.total);
    } finally {
      await store.close();
    }
  });

  it('one that closes has all its writes on disk and ends by itself', async () => {
    const { child, lines } = start();
    await next(lines);
    child.stdin.write('insert\n'.repeat(20));
    child.stdin.write('close\n');
    const ids: string[] = [];
    for (let count = 0; count < 20; count++) ids.push(await next(lines));
    const [code] = (await once(child, 'exit')) as [number];

    expect(code).toBe(0);
    const store = await SqliteStore.open({ path: path(), writer: 'inline' });
    try {
      for (const id of ids) expect(await store.tokens.findById('acc_shared', id)).toBeDefined();
    } finally {
      await store.close();
    }
  });
});
