import { setTimeout as sleep } from 'node:timers/promises';
import { describeWithEtcd } from '../support/etcd-server';
import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { EtcdSite, NOTICED_MS, RETURN_MS, UNKNOWN, untilCut } from './tunnel-etcd-site';
import { echo } from './tunnel-services';
import { milliseconds, say } from './tunnel-site';

const OUTAGE_MS = 30_000;
const ABSENT_CLIENTS = 20;

describeWithEtcd('a gateway whose etcd goes and comes', () => {
  let site: EtcdSite;

  beforeEach(async () => {
    site = await EtcdSite.open();
  });
  afterEach(async () => {
    await site.stop();
  });

  it.each([
    ['killed', async () => site.etcd.kill(), async () => site.etcd.restart()],
    [
      'frozen',
      async () => {
        site.etcd.freeze();
        return Promise.resolve();
      },
      async () => {
        site.etcd.thaw();
        return Promise.resolve();
      },
    ],
  ])('goes on by what it knew while etcd is %s for 30 s, and hears then of every change', async (what, end, back) => {
    for (const token of ['stays', 'later', 'deleted', 'disabled', 'moved', 'ports']) await site.put(token);
    await site.startGateway();
    const stays = await site.tunnel('stays');
    const doomed = await Promise.all(['deleted', 'disabled', 'moved'].map(async (token) => site.tunnel(token)));
    const ports = await site.logIn('ports');

    const goneMs = performance.now();
    await end();
    let noticedMs = 0;
    let logins = 0;
    while (performance.now() - goneMs < OUTAGE_MS) {
      const { client, user } = await site.tunnel('later');
      await client.close();
      await user.leave();
      expect(await site.loginResult('never heard of')).toBe(UNKNOWN);
      logins += 1;
      const { status, code, source } = await site.look.health();
      if (noticedMs === 0 && status === 'degraded') noticedMs = performance.now() - goneMs;
      if (noticedMs > 0 || performance.now() - goneMs > NOTICED_MS) {
        expect({ status, code, source }).toEqual({ status: 'degraded', code: 200, source: 'stale' });
      }
      await sleep(500);
    }
    expect([stays, ...doomed].map(({ user }) => user.wasCut)).toEqual([false, false, false, false]);

    await back();
    const backMs = performance.now();
    const since = (): number => performance.now() - backMs;
    const allowed = await freePort();
    await Promise.all([
      site.remove('deleted'),
      site.put('disabled', { enabled: false }),
      site.put('moved', { region: 'us' }),
      site.put('ports', { allowPorts: [{ single: allowed }] }),
      site.put('new'),
    ]);
    const writtenMs = since();
    await untilCut(doomed.map(({ client }) => client));
    const cutMs = since();
    await eventually(RETURN_MS, async () => {
      expect(await site.loginResult('new')).toBe('admitted');
    });
    const admittedMs = since();
    const other = { name: 'other', type: 'tcp', remotePort: await freePort(), local: { handler: echo } };
    await expect(ports.addProxy(other)).resolves.toMatchObject({ error: 'port not allowed' });
    await expect(ports.addProxy({ ...other, remotePort: allowed })).resolves.toMatchObject({ error: '' });
    for (const token of ['deleted', 'disabled', 'moved']) {
      expect(await site.loginResult(token)).not.toBe('admitted');
    }
    await eventually(RETURN_MS, async () => {
      expect(await site.look.health()).toMatchObject({ status: 'ok', source: 'live' });
    });
    expect(doomed.map(({ user }) => user.wasCut)).toEqual([true, true, true]);
    expect(stays.user.wasCut).toBe(false);
    const longest = await stays.user.leave();
    say(
      `etcd ${what} for 30 s: health said so after ${milliseconds(noticedMs)}; ${String(logins)} logins and tunnels meanwhile; ` +
        `after its return changes written within ${milliseconds(writtenMs)}, three clients cut within ${milliseconds(cutMs)}, ` +
        `a new token admitted within ${milliseconds(admittedMs)}; longest answer through a tunnel ${milliseconds(longest)}`,
    );
    expect(noticedMs).toBeLessThan(NOTICED_MS);
    expect(cutMs).toBeLessThan(RETURN_MS);
    expect(admittedMs).toBeLessThan(RETURN_MS);
    // What was cut by its own end would have been cut with it, too.
    expect(await site.loginResult('stays')).toBe('admitted');
    for (const client of [stays.client, ports]) await client.close();
  });

  it('finds by comparing what etcd has compacted away while it was cut off', async () => {
    const names = (kind: string): string[] => Array.from({ length: ABSENT_CLIENTS }, (_, n) => `${kind}-${String(n)}`);
    const [kept, deleted, disabled, added] = ['kept', 'deleted', 'disabled', 'added'].map(names) as [
      string[],
      string[],
      string[],
      string[],
    ];
    for (const token of [...kept, ...deleted, ...disabled]) await site.put(token);
    await site.put('spoilt');
    await site.startGateway();
    const keptTunnels = await Promise.all(kept.map(async (token) => site.tunnel(token)));
    const doomedTunnels = await Promise.all([...deleted, ...disabled].map(async (token) => site.tunnel(token)));

    site.relay.cut();
    await eventually(NOTICED_MS, async () => {
      expect(await site.look.health()).toMatchObject({ status: 'degraded', source: 'stale' });
    });
    for (const token of deleted) await site.remove(token);
    for (const token of disabled) await site.put(token, { enabled: false });
    for (const token of added) await site.put(token);
    // Put and deleted in between, so that nothing at all is left of it.
    await site.put('passing');
    await site.remove('passing');
    await site.putRaw('spoilt', '{');
    await site.put('kept-0', { allowPorts: [{ single: 1 }] });
    await site.compact();
    expect(doomedTunnels.filter(({ user }) => user.wasCut)).toEqual([]);
    expect(site.gateway.output()).not.toContain('etcd has compacted');

    site.relay.mend();
    const backMs = performance.now();
    await untilCut(doomedTunnels.map(({ client }) => client));
    const cutMs = performance.now() - backMs;
    for (const token of [...added, ...kept, 'spoilt']) expect(await site.loginResult(token)).toBe('admitted');
    for (const token of [...deleted, 'passing']) expect(await site.loginResult(token)).toBe(UNKNOWN);
    for (const token of disabled) expect(await site.loginResult(token)).toContain('token disabled');
    const proxy = { name: 'other', type: 'tcp', remotePort: await freePort(), local: { handler: echo } };
    await expect(keptTunnels[0]?.client.addProxy(proxy)).resolves.toMatchObject({ error: 'port not allowed' });
    expect(keptTunnels.filter(({ user }) => user.wasCut)).toEqual([]);
    expect(site.gateway.output().split('etcd has compacted')).toHaveLength(2);
    expect(await site.look.health()).toMatchObject({ status: 'ok', source: 'live' });

    // And it watches from there on.
    const nextMs = performance.now();
    await site.remove('kept-1');
    await untilCut(keptTunnels.slice(1, 2).map(({ client }) => client));
    say(
      `compacted while away: ${String(doomedTunnels.length)} clients cut ${milliseconds(cutMs)} after the return, ` +
        `${String(kept.length)} left alone; the next change took ${milliseconds(performance.now() - nextMs)}`,
    );
    expect(cutMs).toBeLessThan(RETURN_MS);
    for (const { client, user } of keptTunnels) {
      await user.leave();
      await client.close();
    }
  });
});
