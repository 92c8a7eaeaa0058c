import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiProcess } from './api-process';
import type { StartOnStore } from './each-store';
import { Tenant, expectStatus, newTenant } from './hmac-client';
import type { RevocableToken } from './revocation-watch';

/** Two api processes with the same records, keys and settings, and a tenant known to both. */
export interface ApiPair {
  readonly processes: readonly [ApiProcess, ApiProcess];
  /** The same tenant, by way of each process. */
  readonly tenants: readonly [Tenant, Tenant];
  /** The addresses of the two. */
  readonly urls: readonly string[];
  newTokens(count: number): Promise<readonly RevocableToken[]>;
  /** Disables a token through one of the two; resolves with the answer. */
  disable(token: RevocableToken, through: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startApiPair(start: StartOnStore, env: Readonly<Record<string, string>>): Promise<ApiPair> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-pair-'));
  const started: ApiProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(async (api) => api.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  };
  const startOne = async (): Promise<ApiProcess> => {
    const api = await start({ dataDir, env });
    started.push(api);
    return api;
  };
  try {
    const processes = [await startOne(), await startOne()] as const;
    const [here, there] = processes;
    const tenant = await newTenant(here.url);
    const tenants = [tenant, new Tenant(there.url, tenant.accountId, tenant.accessKey, tenant.secretKey)] as const;
    return {
      processes,
      tenants,
      urls: [here.url, there.url],
      stop,
      async newTokens(count) {
        const tokens: RevocableToken[] = [];
        for (let made = 0; made < count; made += 1) {
          const answer = await tenant.createToken();
          tokens.push({ id: answer.string('token_id'), value: answer.string('token') });
        }
        return tokens;
      },
      async disable({ id }, through) {
        const by = through % 2 === 0 ? tenants[0] : tenants[1];
        expectStatus(200, await by.call('PUT', `/api/v2/tokens/${id}/status`, { is_active: false }));
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
