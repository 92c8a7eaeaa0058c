import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Launcher } from '../support/launcher';

jest.setTimeout(180_000);

describe('npm start', () => {
  const launchers: Launcher[] = [];
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-start-'));
  });

  afterEach(async () => {
    await Promise.all(launchers.splice(0).map(async (launcher) => launcher.stop()));
    await rm(folder, { recursive: true });
  });

  const launch = (env: Record<string, string> = {}, apps: readonly string[] = []): Launcher => {
    const launcher = new Launcher(
      { PORT: '0', BIND_PORT: '0', GATEWAY_ADMIN_PORT: '0', DATA_DIR: join(folder, 'data'), ...env },
      apps,
    );
    launchers.push(launcher);
    return launcher;
  };

  const output = async (launcher: Launcher, text: string): Promise<void> =>
    eventually(30_000, () => {
      expect(launcher.output).toContain(text);
      return Promise.resolve();
    });

  const register = async (launcher: Launcher): Promise<number> => {
    const answer = await fetch(`${launcher.url('API')}/accounts/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'you@example.com', company: 'Demo', password: 'correct horse' }),
    });
    return answer.status;
  };

  it('brings both programs up, says where everything is, keeps the data, and ends with 0', async () => {
    const first = launch();
    await first.up();
    const health = await fetch(first.url('Health'));
    const healthz = await fetch(first.url('Gateway admin'));
    expect([health.status, healthz.status]).toEqual([200, 200]);
    expect((await fetch(first.url('Swagger'))).status).toBe(200);
    expect(first.url('Data')).toBe(join(folder, 'data'));

    const keyFile = join(folder, 'data', 'operator.key');
    const key = (await readFile(keyFile, 'utf8')).trim();
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect(key.length).toBeGreaterThan(0);
    expect(first.output).toContain(keyFile);
    expect(first.output).not.toContain(key);

    const api = first.url('Health').replace('/health', '');
    expect(first.output).toContain(
      `tollgate account register --email you@example.com --company Demo --save --url ${api}`,
    );
    expect(first.output).toContain(`curl -X POST ${api}/api/v2/validate`);

    expect(await register(first)).toBe(201);
    expect(await first.stop()).toBe(0);

    const second = launch();
    await second.up();
    expect((await readFile(keyFile, 'utf8')).trim()).toBe(key);
    expect(await register(second)).toBe(409);
    expect(await second.stop()).toBe(0);
  });

  it('runs several copies side by side, each on data of its own', async () => {
    const copies = [launch({ DATA_DIR: join(folder, 'a') }), launch({ DATA_DIR: join(folder, 'b') })];
    await Promise.all(copies.map(async (copy) => copy.up()));
    const statuses: number[] = [];
    for (const copy of copies) statuses.push(await register(copy));
    expect(statuses).toEqual([201, 201]);
    const codes = await Promise.all(copies.map(async (copy) => copy.stop()));
    expect(codes).toEqual([0, 0]);
  });

  it('stops the other program and fails when one dies', async () => {
    const launcher = launch();
    await launcher.up();
    process.kill(launcher.pidOf('gateway'), 'SIGKILL');
    expect(await launcher.ended).toBe(1);
    expect(launcher.output).toContain('gateway ended by itself; everything was stopped');
    await expect(fetch(launcher.url('Health'))).rejects.toThrow();
  });

  it('leaves no program behind when it is killed itself', async () => {
    const launcher = launch();
    await launcher.up();
    const health = launcher.url('Health');
    launcher.signal('SIGKILL');
    // Its output closes when the last program that holds it has ended.
    await launcher.ended;
    await expect(fetch(health)).rejects.toThrow();
  });

  it.each(['PORT', 'GATEWAY_ADMIN_PORT'])('names %s in one line when that port is in use', async (variable) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const launcher = launch({ [variable]: String(port) });
    const code = await launcher.ended;
    other.close();
    expect(code).toBe(1);
    expect(launcher.output.trim()).toBe(
      `tollgate: port ${String(port)} on 127.0.0.1 is in use: set ${variable} to another one (0 takes any free one)`,
    );
  });

  it('starts the gateway alone on a file of frps, of which it names what it does not know', async () => {
    const file = join(folder, 'frps.toml');
    await writeFile(file, 'bindPort = 7321\nauth.token = "hunter2"\nbindprt = 1\n');
    const launcher = launch({ BIND_PORT: '' }, ['gateway', '-c', file]);
    await launcher.up();
    expect(await (await fetch(launcher.url('Gateway admin'))).json()).toMatchObject({ bind_port: 7321 });
    expect(launcher.output).toContain('bindprt: is unknown and has no effect');
    expect(launcher.output).not.toMatch(/hunter2|\/api\/v2/);
    expect(await launcher.stop()).toBe(0);
  });

  it('passes SIGHUP on to the gateway, which reads its file again, and both programs stay', async () => {
    const file = join(folder, 'frps.toml');
    await writeFile(file, 'maxPortsPerClient = 1\n');
    const launcher = launch({}, ['gateway', '-c', file]);
    await launcher.up();
    await writeFile(file, 'maxPortsPerClient = 2\nbindprt = 1\n');
    launcher.signal('SIGHUP');
    await output(launcher, 'settings read again');
    expect(launcher.output).toContain('bindprt: is unknown and has no effect');
    expect((await fetch(launcher.url('Gateway admin'))).status).toBe(200);
    expect(await launcher.stop()).toBe(0);

    const both = launch();
    await both.up();
    both.signal('SIGHUP');
    await output(both, 'settings read again');
    const answers = await Promise.all(['Health', 'Gateway admin'].map(async (name) => fetch(both.url(name))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await both.stop()).toBe(0);
  });

  it('passes a SIGHUP that comes while the gateway starts on when it is up, and not before', async () => {
    const launcher = launch({}, ['gateway']);
    await output(launcher, '"name":"gateway"');
    launcher.signal('SIGHUP');
    await launcher.up();
    await output(launcher, 'settings read again');
    expect(await launcher.stop()).toBe(0);
  });

  it('ends the api by SIGHUP, which has nothing to read again', async () => {
    const launcher = launch({}, ['api']);
    await launcher.up();
    launcher.signal('SIGHUP');
    expect(await launcher.ended).toBe(0);
  });

  const itOnLinux = process.platform === 'linux' ? it : it.skip;
  itOnLinux('ends with its terminal, and so do its programs', async () => {
    const env = { PORT: '0', BIND_PORT: '0', GATEWAY_ADMIN_PORT: '0', DATA_DIR: join(folder, 'data') };
    const launcher = new Launcher(env, ['gateway'], true);
    await launcher.up();
    const pid = launcher.pidOf('gateway');
    launcher.signal('SIGKILL');
    await launcher.ended;
    await eventually(10_000, () => {
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      return Promise.resolve();
    });
  });

  it('lists every wrong variable of the program that refuses to start', async () => {
    const launcher = launch({ BIND_PORT: 'x', LOG_LEVEL: 'loud' }, ['gateway']);
    expect(await launcher.ended).toBe(1);
    expect(launcher.output).toMatch(/LOG_LEVEL must be one of [^]*BIND_PORT must be a whole number/);
  });
});
