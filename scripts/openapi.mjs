// Writes docs/openapi.json from the built api, or with --check says whether the file is fresh.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const target = join(root, 'docs/openapi.json');
const require = createRequire(import.meta.url);
const { createApp } = require(join(root, 'dist/api/src/api/create-app.js'));
const { createOpenApiDocument } = require(join(root, 'dist/api/src/api/openapi/openapi.js'));
const { loadApiSettings } = require(join(root, 'dist/api/src/api/settings/api.settings.js'));
const { createLogger } = require(join(root, 'dist/api/libs/observability/index.js'));

const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-openapi-'));
try {
  const { app } = await createApp(loadApiSettings({ DATA_DIR: dataDir }), createLogger('openapi', 'silent'));
  const text = `${JSON.stringify(createOpenApiDocument(app), undefined, 2)}\n`;
  await app.close();
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
    console.log('wrote docs/openapi.json');
  } else if (readIfAny(target) === text) {
    console.log('docs/openapi.json is fresh');
  } else {
    console.error('docs/openapi.json is stale: run npm run openapi and commit it');
    process.exitCode = 1;
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

function readIfAny(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
