import { MasterKeyError, StaticMasterKeyRing, formatMasterKey, newMasterKey, parseMasterKeys } from './master-key-ring';

describe('parseMasterKeys', () => {
  it('reads back what formatMasterKey writes, in order', () => {
    const keys = [newMasterKey(), newMasterKey(), newMasterKey()];
    expect(parseMasterKeys(keys.map(formatMasterKey).join(','))).toEqual(keys);
    expect(parseMasterKeys(keys.map(formatMasterKey).join('\n'))).toEqual(keys);
  });

  it('passes over comments and blanks', () => {
    const key = newMasterKey();
    expect(parseMasterKeys(`# current, first\n\n  ${formatMasterKey(key)}  \r\n\n`)).toEqual([key]);
  });

  it.each([
    ['', 'no master key found'],
    ['# only a comment', 'no master key found'],
    ['secret', 'master key 1 must read {id}:{base64 of 32 bytes}'],
    [':AAAA', 'master key 1 must read {id}:{base64 of 32 bytes}'],
    ['a b:AAAA', 'master key 1 must read {id}:{base64 of 32 bytes}'],
    ['k1:hunter2', 'master key 1 (k1) is not the base64 of 32 bytes'],
    [`k1:${Buffer.alloc(31, 1).toString('base64')}`, 'master key 1 (k1) is not the base64 of 32 bytes'],
    [`k1:${Buffer.alloc(33, 1).toString('base64')}`, 'master key 1 (k1) is not the base64 of 32 bytes'],
    [`k1:${Buffer.alloc(32).toString('base64')}`, 'master key 1 (k1) is a placeholder, not a random key'],
    [
      `k1:${Buffer.from('changeme'.repeat(4)).toString('base64')}`,
      'master key 1 (k1) is a placeholder, not a random key',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseMasterKeys(text)).toThrow(new MasterKeyError(message));
  });

  it('refuses an id that is used twice', () => {
    const [one, two] = [newMasterKey(), newMasterKey()];
    expect(() => parseMasterKeys([one, { ...two, id: one.id }].map(formatMasterKey).join(','))).toThrow(
      'two master keys have the same id',
    );
  });

  it('names the wrong entry and never shows its key', () => {
    const good = formatMasterKey(newMasterKey());
    const bad = `${formatMasterKey(newMasterKey())}x`;
    let message = '';
    try {
      parseMasterKeys(`${good},${bad}`);
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toMatch(/^master key 2 /);
    expect(message).not.toContain(bad.split(':')[1]);
  });
});

describe('StaticMasterKeyRing', () => {
  it('seals with its first key and finds all of them', () => {
    const [first, second] = [newMasterKey(), newMasterKey()];
    const ring = new StaticMasterKeyRing([first, second]);
    expect(ring.current()).toBe(first);
    expect(ring.listIds()).toEqual([first.id, second.id]);
    expect(ring.find(second.id)).toEqual(second.key);
    expect(ring.find('mk_none')).toBeUndefined();
  });

  it('is never empty', () => {
    expect(() => new StaticMasterKeyRing([])).toThrow(MasterKeyError);
  });
});
