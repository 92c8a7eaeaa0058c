import type { Tenant } from '../support/hmac-client';
import { TUNNELS } from '../support/tunnel-stores';
import { type Moved, type ReceivedReport, ReportLedger } from './tunnel-receiver';

/** A proxy as reports know it. */
export interface ReportedProxy {
  readonly tokenId: string;
  readonly token: string;
  readonly name: string;
}

/** What counts reports: by token and proxy, what was counted. */
export interface Accounts {
  /** @returns the status to answer with */
  take(report: ReceivedReport): Promise<number>;
  totalOf(proxy: ReportedProxy): Promise<Moved>;
  /** What no gateway may do, in words. */
  readonly faults: readonly string[];
}

/** Counts within the test, each key once. */
export function accountsInTest(key: string): Accounts {
  const ledger = new ReportLedger();
  return {
    take: async (report) => {
      if (report.authorization !== `Bearer ${key}`) return 401;
      ledger.take(report);
      return 200;
    },
    totalOf: async ({ token, name }) => ledger.totalOf(token, name),
    get faults() {
      return ledger.faults;
    },
  };
}

/** Has the api count, and asks it for the totals. */
export function accountsInApi(url: string, tenant: () => Tenant): Accounts {
  const faults: string[] = [];
  return {
    take: async ({ key, body, authorization }) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key, authorization };
      const answer = await fetch(`${url}/traffic/report`, { method: 'POST', headers, body });
      const text = await answer.text();
      if (answer.status !== 200) faults.push(`${String(answer.status)} ${text}`);
      return answer.status;
    },
    totalOf: async ({ tokenId, name }) => {
      const answer = await tenant().call('GET', `${TUNNELS}/${tokenId}/traffic?by=proxy`);
      const found = answer.list('traffic').find(({ proxy }) => proxy === name);
      return { inBytes: Number(found?.['in_bytes'] ?? 0), outBytes: Number(found?.['out_bytes'] ?? 0) };
    },
    faults,
  };
}
