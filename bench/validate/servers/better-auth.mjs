// better-auth: verifyApiKey with permissions asked, behind a bare node:http route: better-auth.mjs <file> sqlite|memory <folder>
import { createServer } from 'node:http';
import { join } from 'node:path';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { getMigrations } from 'better-auth/db/migration';
import Database from 'better-sqlite3';
import { serve } from '../../lib/serve.mjs';
import { PEER_TOKENS, writeRequests } from './requests-file.mjs';

const [, store, folder] = process.argv.slice(2);

const options = {
  baseURL: 'http://127.0.0.1',
  secret: 'a secret of the benchmark, of sufficient length 0123456789',
  database:
    store === 'sqlite'
      ? openSqlite()
      : memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  telemetry: { enabled: false },
  // Ours has no limit set in this measurement either.
  plugins: [apiKey({ rateLimit: { enabled: false } })],
};
if (store === 'sqlite') await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

const { user } = await auth.api.signUpEmail({
  body: { email: 'bench@example.com', password: 'bench-password', name: 'bench' },
});
const requests = [];
for (let count = 0; count < PEER_TOKENS; count += 1) {
  const { key } = await auth.api.createApiKey({ body: { userId: user.id, permissions: { storage: ['read'] } } });
  requests.push({ authorization: `Bearer ${key}`, body: '{"required_scope":"storage:read"}' });
}
writeRequests(requests);

serve(
  createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const [resource, action] = JSON.parse(Buffer.concat(chunks).toString()).required_scope.split(':');
      const key = request.headers.authorization.slice('Bearer '.length);
      auth.api.verifyApiKey({ body: { key, permissions: { [resource]: [action] } } }).then(
        (verdict) => {
          response.writeHead(verdict.valid ? 200 : 401, { 'content-type': 'application/json' });
          response.end(JSON.stringify(verdict));
        },
        () => {
          response.writeHead(500);
          response.end();
        },
      );
    });
  }),
);

/** Faster than SQLite's defaults, and less durable than our own store's settings: to the peer's advantage. */
function openSqlite() {
  const database = new Database(join(folder, 'better-auth.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  return database;
}
