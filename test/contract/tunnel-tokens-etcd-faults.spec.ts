import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '@tollgate/domain';
import { buildTunnelTokenDocument, useTemporaryFolder, warningLog } from '@tollgate/testing';
import {
  type EtcdOptions,
  openEtcdTunnelTokens,
  type TenantTokenSource,
  type TenantTokenSourceState,
  type TunnelTokenChange,
  type TunnelTokens,
} from '@tollgate/tunnel-tokens';
import { Range } from 'etcd3';
import { describeWithEtcd, type EtcdForTests, type EtcdStartOptions, startEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay';

const PREFIX = '/frp/tokens/';
/** As promised: a probe and its answer's deadline, and room for a busy machine. */
const DEAD_NOTICED_MS = 10_000;
const RECOVERY_MS = 8_000;
const CASE_MS = 60_000;

describeWithEtcd('etcd that fails', () => {
  const closing: (() => Promise<void>)[] = [];
  let warnings: readonly string[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  }, CASE_MS);

  async function etcd(options?: EtcdStartOptions): Promise<EtcdForTests> {
    const server = await startEtcd(options);
    closing.push(server.stop);
    return server;
  }

  async function relayTo(server: EtcdForTests): Promise<TcpRelay> {
    const relay = await startTcpRelay(server.port);
    closing.push(relay.stop);
    return relay;
  }

  function open(options: EtcdOptions): TunnelTokens {
    const { log, warnings: kept } = warningLog();
    warnings = kept;
    const tokens = openEtcdTunnelTokens(options, log, new SystemClock());
    closing.push(async () => tokens.source.close());
    return tokens;
  }

  async function becomes(source: TenantTokenSource, state: TenantTokenSourceState, withinMs: number): Promise<void> {
    await eventually(withinMs, async () => {
      expect(source.state).toBe(state);
    });
  }

  async function put(server: EtcdForTests, overrides: Record<string, unknown> = {}): Promise<string> {
    const document = buildTunnelTokenDocument(overrides);
    await server.client.put(PREFIX + document.token).value(JSON.stringify(document));
    return document.token;
  }

  const at = (port: number): string => `127.0.0.1:${String(port)}`;

  it(
    'that is away at the start: says unavailable, refuses management, and finds it when it comes',
    async () => {
      const server = await etcd();
      const token = await put(server);
      const relay = await relayTo(server);
      relay.cut();
      const { source, repository } = open({ endpoints: [at(relay.port)] });
      await source.start();
      expect(source.state).toBe('unavailable');
      await expect(repository.insert(buildTunnelTokenDocument())).rejects.toMatchObject({ code: 'unavailable' });

      relay.mend();
      await becomes(source, 'live', RECOVERY_MS);
      expect([...source.tokens.keys()]).toEqual([token]);
      expect(warnings).toHaveLength(1);
    },
    CASE_MS,
  );

  it(
    'that is killed and comes back: keeps what it knew, says so once, and hears of changes again',
    async () => {
      const server = await etcd();
      const [kept, gone] = [await put(server), await put(server)];
      const { source, repository } = open({ endpoints: [server.endpoint] });
      await source.start();
      const since = source.status.sinceMs;
      const states: TenantTokenSourceState[] = [];
      source.onStatus(({ state }) => states.push(state));

      await server.kill();
      await becomes(source, 'stale', 2_000);
      expect(source.status.sinceMs).toBeGreaterThanOrEqual(since);
      expect(source.tokens.size).toBe(2);
      await expect(repository.deleteAcrossAccounts(source.tokens.get(kept)?.id ?? '')).rejects.toMatchObject({
        code: 'unavailable',
      });

      await server.restart();
      await server.client.delete().key(PREFIX + gone);
      const late = await put(server);
      await becomes(source, 'live', RECOVERY_MS);
      await eventually(RECOVERY_MS, async () => {
        expect([...source.tokens.keys()].sort()).toEqual([kept, late].sort());
      });
      expect(states).toEqual(['stale', 'live']);
      expect(warnings).toHaveLength(1);
    },
    CASE_MS,
  );

  it(
    'that compacts what changed while it was away: everything is read again, and what differs is told',
    async () => {
      const server = await etcd();
      const relay = await relayTo(server);
      const tokens = [await put(server), await put(server), await put(server, { description: 'old' })] as const;
      const [same, deleted, changed] = tokens;
      const { source } = open({ endpoints: [at(relay.port)] });
      await source.start();
      const told: TunnelTokenChange[] = [];
      source.onChange((change) => told.push(change));

      relay.cut();
      await becomes(source, 'stale', 2_000);
      await server.client.delete().key(PREFIX + deleted);
      await put(server, { token: changed, description: 'new' });
      const added = await put(server);
      const { header } = await server.client.kv.range({ key: Buffer.from('x') });
      await server.client.kv.compact({ revision: header.revision, physical: true });
      relay.mend();
      await becomes(source, 'live', RECOVERY_MS);
      await eventually(RECOVERY_MS, async () => {
        expect([...source.tokens.keys()].sort()).toEqual([same, changed, added].sort());
      });

      expect(told).toHaveLength(3);
      expect(told).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ kind: 'delete', token: expect.objectContaining({ token: deleted }) as unknown }),
          expect.objectContaining({ kind: 'put', before: expect.objectContaining({ description: 'old' }) as unknown }),
          expect.objectContaining({ kind: 'put', token: expect.objectContaining({ token: added }) as unknown }),
        ]),
      );
      // The watch from there on works as well.
      const late = await put(server);
      await eventually(2_000, async () => {
        expect(source.tokens.has(late)).toBe(true);
      });
    },
    CASE_MS,
  );

  it(
    'that hears nothing for a while without compaction: the watch is resumed, and tells each change',
    async () => {
      const server = await etcd();
      const relay = await relayTo(server);
      const token = await put(server, { description: '0' });
      const { source } = open({ endpoints: [at(relay.port)] });
      await source.start();
      const told: string[] = [];
      source.onChange((change) => told.push(`${change.kind} ${change.token.description}`));
      relay.cut();
      await becomes(source, 'stale', 2_000);
      await put(server, { token, description: '1' });
      await put(server, { token, description: '2' });
      relay.mend();
      await eventually(RECOVERY_MS, async () => {
        // A list would have skipped the one between.
        expect(told).toEqual(['put 1', 'put 2']);
      });
    },
    CASE_MS,
  );

  it.each([
    [
      'whose connection is dead',
      (relay: TcpRelay) => {
        relay.swallow();
      },
      (relay: TcpRelay) => {
        relay.mend();
      },
    ],
    [
      'that stands still',
      (_relay: TcpRelay, server: EtcdForTests) => {
        server.freeze();
      },
      (_relay: TcpRelay, server: EtcdForTests) => {
        server.thaw();
      },
    ],
  ])(
    '%s: that is noticed within 10 s although nothing is reset, and it recovers',
    async (_name, fail, heal) => {
      const server = await etcd();
      const relay = await relayTo(server);
      const { source } = open({ endpoints: [at(relay.port)] });
      await source.start();
      fail(relay, server);
      await becomes(source, 'stale', DEAD_NOTICED_MS);
      heal(relay, server);
      const token = await put(server);
      await becomes(source, 'live', RECOVERY_MS);
      await eventually(2_000, async () => {
        expect(source.tokens.has(token)).toBe(true);
      });
    },
    CASE_MS,
  );

  it(
    'that was set up anew under the same address: what it has counts, though its revisions are older',
    async () => {
      const server = await etcd();
      await put(server);
      await put(server);
      const { source } = open({ endpoints: [server.endpoint] });
      await source.start();
      await server.restart({ wipe: true });
      const token = await put(server);
      await becomes(source, 'live', RECOVERY_MS);
      await eventually(RECOVERY_MS, async () => {
        expect([...source.tokens.keys()]).toEqual([token]);
      });
    },
    CASE_MS,
  );

  it(
    'of several servers, one that is away does no harm',
    async () => {
      const server = await etcd();
      const token = await put(server);
      const absent = await relayTo(server);
      absent.cut();
      for (const endpoints of [
        [at(absent.port), server.endpoint],
        [server.endpoint, at(absent.port)],
      ]) {
        const { source } = open({ endpoints });
        await source.start();
        expect(source.state).toBe('live');
        expect(source.tokens.has(token)).toBe(true);
      }
    },
    CASE_MS,
  );

  it(
    'with users: logs in, also after a restart has forgotten the login, and needs no right beyond its prefix',
    async () => {
      const server = await etcd();
      await server.client.user('root').create('root-password');
      await server.client.user('root').addRole('root');
      const role = await server.client.role('gateway').create();
      await role.grant({ permission: 'Readwrite', range: Range.prefix(PREFIX) });
      await server.client.user('gateway').create('p@ss:word');
      await server.client.user('gateway').addRole('gateway');
      await server.client.auth.authEnable();

      const wrong = open({ endpoints: [server.endpoint], username: 'gateway', password: 'hunter2' });
      await wrong.source.start();
      expect(wrong.source.state).toBe('unavailable');
      expect(warnings.join('\n')).toMatch(/authentication failed/);
      expect(warnings.join('\n')).not.toContain('hunter2');
      const none = open({ endpoints: [server.endpoint] });
      await none.source.start();
      expect(none.source.state).toBe('unavailable');

      const { source, repository } = open({ endpoints: [server.endpoint], username: 'gateway', password: 'p@ss:word' });
      await source.start();
      expect(source.state).toBe('live');
      const { id } = await repository.insert(buildTunnelTokenDocument());
      expect(await repository.findByIdAcrossAccounts(id)).toBeDefined();

      await server.kill();
      await becomes(source, 'stale', 2_000);
      await server.restart();
      await becomes(source, 'live', RECOVERY_MS);
      expect(await repository.deleteAcrossAccounts(id)).toBe(true);
      expect(source.tokens.size).toBe(0);
    },
    CASE_MS,
  );

  describe('over TLS', () => {
    const folder = useTemporaryFolder();

    it(
      'serves whoever shows a certificate of its authority, and nobody else',
      async () => {
        const files = makeCertificates(folder());
        const credentials = {
          rootCertificate: readFileSync(files.caFile),
          privateKey: readFileSync(files.keyFile),
          certChain: readFileSync(files.certFile),
        };
        const server = await etcd({ tls: files, credentials });
        const token = await put(server);
        const { source } = open({ endpoints: [server.endpoint], tls: files });
        await source.start();
        expect(source.state).toBe('live');
        expect(source.tokens.has(token)).toBe(true);

        const withoutOwn = open({ endpoints: [server.endpoint], tls: { caFile: files.caFile } });
        await withoutOwn.source.start();
        expect(withoutOwn.source.state).toBe('unavailable');
        const { certFile, keyFile } = files;
        const withoutAuthority = open({ endpoints: [server.endpoint], tls: { certFile, keyFile } });
        await withoutAuthority.source.start();
        expect(withoutAuthority.source.state).toBe('unavailable');
        const missing = open({ endpoints: [server.endpoint], tls: { caFile: join(folder(), 'none.pem') } });
        await missing.source.start();
        expect(missing.source.state).toBe('unavailable');
      },
      CASE_MS,
    );
  });
});

/** An authority, and one certificate of it for server and client alike. */
function makeCertificates(folder: string): { certFile: string; keyFile: string; caFile: string } {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'ignore' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=authority',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
  );
  openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=etcd', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth', '-addext', 'basicConstraints=critical,CA:FALSE'],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-keyout', file('own.key'), '-out', file('own.pem')],
  );
  return { certFile: file('own.pem'), keyFile: file('own.key'), caFile: file('ca.pem') };
}
