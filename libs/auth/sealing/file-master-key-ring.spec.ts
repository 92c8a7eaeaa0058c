import { fork } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledLibs, compileLibs, useTemporaryFolder } from '@tollgate/testing';
import { FileMasterKeyRing } from './file-master-key-ring';
import { MasterKeyError } from './master-key-ring';
import { SecretSealer } from './secret-sealer';

const RECHECK_MS = 1_000;

describe('FileMasterKeyRing', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'keys', 'master.keys');

  it('makes a ring with one key once, readable by its owner only', () => {
    expect(FileMasterKeyRing.ensure(path())).toBe(true);
    const [id] = new FileMasterKeyRing(path()).listIds();
    expect(FileMasterKeyRing.ensure(path())).toBe(false);
    expect(new FileMasterKeyRing(path()).listIds()).toEqual([id]);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder(), 'keys'))).toEqual(['master.keys']);
  });

  it('keeps the file private when it is rewritten', () => {
    FileMasterKeyRing.ensure(path());
    new FileMasterKeyRing(path()).rotate();
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('sees the key that another process rotated to, within a second when sealing, at once when opening', () => {
    FileMasterKeyRing.ensure(path());
    let nowMs = 0;
    const running = new FileMasterKeyRing(path(), () => nowMs);
    const old = running.current().id;
    const command = new FileMasterKeyRing(path());
    const fresh = command.rotate();

    expect(running.current().id).toBe(old);
    expect(running.find(fresh.id)).toEqual(fresh.key);

    const late = new FileMasterKeyRing(path(), () => nowMs);
    command.rotate();
    nowMs += RECHECK_MS - 1;
    expect(late.current().id).toBe(fresh.id);
    nowMs += 1;
    expect(late.current().id).toBe(command.current().id);
  });

  it('opens what was sealed before and after a rotation', () => {
    FileMasterKeyRing.ensure(path());
    const running = new SecretSealer(new FileMasterKeyRing(path()));
    const before = running.seal('acc_1', 'secret');
    const command = new FileMasterKeyRing(path());
    command.rotate();
    const after = new SecretSealer(command).seal('acc_1', 'secret');
    expect(after.keyId).not.toBe(before.keyId);
    expect(running.open('acc_1', after)).toBe('secret');
    expect(new SecretSealer(command).open('acc_1', before)).toBe('secret');
  });

  it('retires an old key, but neither the current one nor one that is not there', () => {
    FileMasterKeyRing.ensure(path());
    const ring = new FileMasterKeyRing(path());
    const old = ring.current().id;
    const fresh = ring.rotate();
    expect(() => {
      ring.retire(fresh.id);
    }).toThrow(MasterKeyError);
    expect(() => {
      ring.retire('mk_none');
    }).toThrow(MasterKeyError);
    ring.retire(old);
    expect(new FileMasterKeyRing(path()).listIds()).toEqual([fresh.id]);
    expect(ring.find(old)).toBeUndefined();
  });

  it('keeps what another process did before it rotates itself', () => {
    FileMasterKeyRing.ensure(path());
    const [one, two] = [new FileMasterKeyRing(path()), new FileMasterKeyRing(path())];
    const first = one.rotate();
    const second = two.rotate();
    expect(new FileMasterKeyRing(path()).listIds().slice(0, 2)).toEqual([second.id, first.id]);
  });

  it('does not replace a damaged file, and shows nothing of it', () => {
    mkdirSync(join(folder(), 'keys'));
    writeFileSync(path(), 'mk_1:hunter2');
    expect(FileMasterKeyRing.ensure(path())).toBe(false);
    expect(() => new FileMasterKeyRing(path())).toThrow(MasterKeyError);
    expect(() => new FileMasterKeyRing(path())).not.toThrow(/hunter2/);
    expect(readFileSync(path(), 'utf8')).toBe('mk_1:hunter2');
  });

  it('names the path when there is no file', () => {
    expect(() => new FileMasterKeyRing(path())).toThrow(path());
  });

  it('does not seal under a file that it can not read, and still opens with the keys it knows', () => {
    FileMasterKeyRing.ensure(path());
    let nowMs = 0;
    const ring = new FileMasterKeyRing(path(), () => nowMs);
    const known = ring.current();
    writeFileSync(path(), '');
    nowMs += RECHECK_MS;
    expect(() => ring.current()).toThrow(MasterKeyError);
    expect(ring.find(known.id)).toEqual(known.key);
  });
});

describe('two processes that make the ring file at once', () => {
  const folder = useTemporaryFolder();
  let compiled: CompiledLibs;

  beforeAll(() => {
    compiled = compileLibs(['auth/sealing', 'auth']);
  });
  afterAll(() => {
    compiled.remove();
  });

  it('end up with one and the same key, made by exactly one of them', async () => {
    const script = join(folder(), 'ensure.js');
    const ringModule = join(compiled.folder, 'libs/auth/sealing/file-master-key-ring.js');
    writeFileSync(
      script,
      `const { FileMasterKeyRing } = require(${JSON.stringify(ringModule)});
       process.on('message', (path) => {
         const made = FileMasterKeyRing.ensure(path);
         process.send({ made, id: new FileMasterKeyRing(path).current().id }, () => process.disconnect());
       });
       process.send('ready');`,
    );
    const path = join(folder(), 'shared', 'master.keys');
    const children = Array.from({ length: 4 }, () => fork(script));
    const message = async (child: (typeof children)[number]): Promise<unknown> =>
      new Promise((resolve) => child.once('message', resolve));
    await Promise.all(children.map(message));
    const answers = children.map(message);
    for (const child of children) child.send(path);
    const outcomes = (await Promise.all(answers)) as { made: boolean; id: string }[];
    expect(outcomes.filter(({ made }) => made)).toHaveLength(1);
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(1);
  });
});
