import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { newMasterKey, SecretSealer, StaticMasterKeyRing } from '@tollgate/auth';
import { AccountRepository, SystemClock, TunnelTokenRecords } from '@tollgate/domain';
import { StorageModule } from '@tollgate/storage';
import {
  buildTunnelTokenDocument,
  tunnelTokenRepositoryContract,
  tunnelTokenSourceContract,
  type TunnelTokensUnderTest,
  useTemporaryFolder,
  warningLog,
} from '@tollgate/testing';
import { hashTunnelToken, openEmbeddedTunnelTokens, resealTunnelTokens, sealOwner } from '@tollgate/tunnel-tokens';

const COMMIT_WRITES = 500;

async function openRecords(path: string) {
  const context = await NestFactory.createApplicationContext(StorageModule.forRoot({ driver: 'sqlite', path }), {
    logger: ['fatal'],
    abortOnError: false,
  });
  return { context, records: context.get(TunnelTokenRecords), accounts: context.get(AccountRepository) };
}

async function setup(): Promise<TunnelTokensUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-tunnels-'));
  const path = join(folder, 'tollgate.db');
  const sealer = new SecretSealer(new StaticMasterKeyRing([newMasterKey()]));
  const { log, warnings } = warningLog();
  const open = async () => {
    const { context, records } = await openRecords(path);
    return { context, records, ...openEmbeddedTunnelTokens(records, sealer, log, new SystemClock()) };
  };
  const first = await open();
  await first.source.start();
  const contexts = [first.context];
  const byHand = await openRecords(path);
  contexts.push(byHand.context);

  return {
    source: first.source,
    repository: first.repository,
    warnings,
    putByHand: async (entries) => {
      const all = Object.entries(entries);
      for (let start = 0; start < all.length; start += COMMIT_WRITES) {
        const writes = all.slice(start, start + COMMIT_WRITES).map(async ([value, document]) => {
          const hash = hashTunnelToken(value);
          const present = await byHand.records.findByHash(hash);
          return present === undefined
            ? ({ kind: 'insert', hash, document: body(document), sealed: sealer.seal(sealOwner(hash), value) } as const)
            : ({ kind: 'replace', hash, document: body(document), version: present.version } as const);
        });
        expect(await byHand.records.commit(await Promise.all(writes))).toBe('done');
      }
    },
    deleteByHand: async (value) => {
      const hash = hashTunnelToken(value);
      const present = await byHand.records.findByHash(hash);
      if (present !== undefined) await byHand.records.commit([{ kind: 'delete', hash, version: present.version }]);
    },
    openAnother: async () => {
      const another = await open();
      contexts.push(another.context);
      return another;
    },
    teardown: async () => {
      await first.source.close();
      for (const context of contexts) await context.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The record has the document without its value; what is no JSON stays as it is. */
function body(text: string): string {
  return text.replace(/"token":"[^"]*",?/, '');
}

tunnelTokenSourceContract('SQLite', setup);
tunnelTokenRepositoryContract('SQLite', setup);

describe('SQLite: tunnel tokens at rest', () => {
  const folder = useTemporaryFolder();

  it('holds no value in clear, counts what a master key seals, and seals it anew', async () => {
    const { context, records, accounts } = await openRecords(join(folder(), 'tollgate.db'));
    const [oldKey, newKey] = [newMasterKey(), newMasterKey()];
    const { log } = warningLog();
    const before = new SecretSealer(new StaticMasterKeyRing([oldKey]));
    const first = openEmbeddedTunnelTokens(records, before, log, new SystemClock());
    await first.source.start();
    const document = buildTunnelTokenDocument();
    await first.repository.insert(document);
    const record = await records.findByHash(hashTunnelToken(document.token));
    expect(JSON.stringify(record)).not.toContain(document.token);
    expect(await accounts.countBySealKeyAcrossAccounts()).toEqual(new Map([[oldKey.id, 1]]));

    const both = new SecretSealer(new StaticMasterKeyRing([newKey, oldKey]));
    expect(await resealTunnelTokens(records, both, newKey.id)).toEqual({ resealed: 1, skipped: 0, broken: [] });
    expect(await accounts.countBySealKeyAcrossAccounts()).toEqual(new Map([[newKey.id, 1]]));

    const after = new SecretSealer(new StaticMasterKeyRing([newKey]));
    const second = openEmbeddedTunnelTokens(records, after, log, new SystemClock());
    await second.source.start();
    expect([...second.source.tokens.keys()]).toEqual([document.token]);
    await first.source.close();
    await second.source.close();
    await context.close();
  });

  it('skips a value whose master key is missing, with one warning, and serves the others', async () => {
    const { context, records } = await openRecords(join(folder(), 'tollgate.db'));
    const { log, warnings } = warningLog();
    const [lost, known] = [newMasterKey(), newMasterKey()].map(
      (key) => new SecretSealer(new StaticMasterKeyRing([key])),
    );
    if (lost === undefined || known === undefined) throw new Error('two keys were made');
    const first = openEmbeddedTunnelTokens(records, lost, log, new SystemClock());
    await first.source.start();
    await first.repository.insert(buildTunnelTokenDocument());
    await first.source.close();
    const second = openEmbeddedTunnelTokens(records, known, log, new SystemClock());
    await second.source.start();
    const good = buildTunnelTokenDocument();
    await second.repository.insert(good);

    expect([...second.source.tokens.keys()]).toEqual([good.token]);
    expect(warnings.filter((message) => message.includes('does not open'))).toHaveLength(1);
    await second.source.close();
    await context.close();
  });
});
