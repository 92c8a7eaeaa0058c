// Writes tunnel tokens into an embedded store: node embedded-store.mjs <data folder> <put | delete> <file of documents, one a line>
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [dataDir, verb, file] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const LIBS = '../../dist/gateway/libs';
const { FileMasterKeyRing, SecretSealer } = require(`${LIBS}/auth/index.js`);
const { masterKeysFileIn, databaseFileIn } = require(`${LIBS}/config/index.js`);
const { hashTunnelToken, sealOwner } = require(`${LIBS}/tunnel-tokens/index.js`);
const { SqliteStore } = require(`${LIBS}/storage/sqlite/sqlite-store.js`);

const BATCH = 500;

FileMasterKeyRing.ensure(masterKeysFileIn(dataDir));
const sealer = new SecretSealer(new FileMasterKeyRing(masterKeysFileIn(dataDir)));
const store = await SqliteStore.open({ path: databaseFileIn(dataDir), writer: 'thread' });
const records = store.tunnelTokens;
const documents = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
for (let from = 0; from < documents.length; from += BATCH) {
  const outcome = await records.commit(await Promise.all(documents.slice(from, from + BATCH).map(toWrite)));
  if (outcome !== 'done') throw new Error(`a batch was not written: ${outcome}`);
}
await store.close();

async function toWrite({ token, ...rest }) {
  const hash = hashTunnelToken(token);
  const document = JSON.stringify(rest);
  const stored = await records.findByHash(hash);
  if (verb === 'delete') return { kind: 'delete', hash, version: stored.version };
  if (stored !== undefined) return { kind: 'replace', hash, document, version: stored.version };
  return { kind: 'insert', hash, document, sealed: sealer.seal(sealOwner(hash), token) };
}
