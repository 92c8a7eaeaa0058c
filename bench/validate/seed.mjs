// Fills an embedded store through the built store's own modules: node seed.mjs <data folder> <tokens> <accounts> <hot file> <all file>
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dataDir, tokenCount, accountCount, hotFile, allFile] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const LIBS = '../../dist/api/libs';
const { hashToken, newAccountId, newBearerToken, newTokenId, previewToken } = require(`${LIBS}/domain/index.js`);
const { SqliteStore } = require(`${LIBS}/storage/sqlite/sqlite-store.js`);

/** As many as the store takes at once without refusing one. */
const AT_ONCE = 5_000;
const EXPIRES_IN_MS = 86_400_000;
/** Applied only where the layers are switched on. */
const RATE_LIMIT = { requestsPerMinute: 1e9, requestsPerHour: 1e9, requestsPerDay: 1e9 };
const BODY = '{"required_scope":"storage:read"}';

const createdAt = new Date();
const expiresAt = new Date(createdAt.getTime() + EXPIRES_IN_MS);

const store = await SqliteStore.open({ path: join(dataDir, 'tollgate.db'), writer: 'thread' });
const accountIds = Array.from({ length: Number(accountCount) }, newAccountId);
await inBatches(accountIds, (id, index) =>
  store.imports.importAccount({
    id,
    email: `tenant-${index}@example.com`,
    company: `Tenant ${index}`,
    status: 'active',
    rateLimit: RATE_LIMIT,
    origin: 'local',
    createdAt,
    updatedAt: createdAt,
  }),
);
const values = Array.from({ length: Number(tokenCount) }, () => newBearerToken('sk'));
// Without their audit records, which no validation reads and which would take as long again to write.
await inBatches(values, (value, index) => {
  const id = newTokenId();
  const accountId = accountIds[index % accountIds.length];
  return store.imports.importToken(
    {
      id,
      accountId,
      hash: hashToken(value),
      preview: previewToken(value),
      description: 'benchmark',
      scopes: ['storage:read', 'cdn:*'],
      rateLimit: RATE_LIMIT,
      isActive: true,
      createdAt,
      updatedAt: createdAt,
      expiresAt,
      purgeAt: expiresAt,
      totalRequests: 0,
    },
    [],
  );
});
await store.close();

// The first ones are one token of each account; their values are random, so their hashes lie all over the index.
writeRequests(hotFile, values.slice(0, accountIds.length));
writeRequests(allFile, values);

/** @param {(item: string, index: number) => Promise<{ kind: string }>} write */
async function inBatches(items, write) {
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const batch = items.slice(from, from + AT_ONCE);
    const outcomes = await Promise.all(batch.map((item, index) => write(item, from + index)));
    const refused = outcomes.find(({ kind }) => kind !== 'inserted');
    if (refused !== undefined) throw new Error(`a record was not inserted: ${JSON.stringify(refused)}`);
  }
}

function writeRequests(file, tokens) {
  writeFileSync(file, tokens.map((token) => `Bearer ${token}\t${BODY}\n`).join(''));
}
