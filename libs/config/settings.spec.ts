import { inspect } from 'node:util';
import { z } from 'zod';
import { cidrList, directory, duration, flag, httpUrl, integer, loadSettings, port, secret, secretUrl } from './index';
import { choice, installationSettings, SettingsError, textList } from './index';
import type { Environment, SettingsProblem } from './index';

function problemsOf(load: () => unknown): readonly SettingsProblem[] {
  try {
    load();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('loadSettings', () => {
  const schema = z.object({
    PORT: port(8081),
    TOLERANCE: duration('15m'),
    OPERATOR_KEY: secret({ minLength: 16 }).optional(),
    ENABLED: flag(false),
    TRUSTED: cidrList(),
  });

  it('fills in what is not set and freezes the result through and through', () => {
    const settings = loadSettings(schema, {});
    expect(settings).toMatchObject({ PORT: 8081, TOLERANCE: 900_000, ENABLED: false });
    expect('OPERATOR_KEY' in settings).toBe(false);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.TRUSTED.entries)).toBe(true);
  });

  it('takes an empty or blank variable for an unset one', () => {
    expect(loadSettings(schema, { PORT: '', TOLERANCE: '  ', OPERATOR_KEY: '' })).toMatchObject({ PORT: 8081 });
  });

  it('ignores variables that the schema does not name', () => {
    expect(Object.keys(loadSettings(z.object({ PORT: port(1) }), { HOME: '/root' }))).toEqual(['PORT']);
  });

  it('lists every wrong variable at once, with its rule', () => {
    const env = { PORT: '70000', TOLERANCE: '15', ENABLED: 'yes', TRUSTED: '10.0.0.0/33' };
    const problems = problemsOf(() => loadSettings(schema, env));
    expect(problems.map(({ variable }) => variable)).toEqual(['PORT', 'TOLERANCE', 'ENABLED', 'TRUSTED']);
    expect(new SettingsError(problems).message).toBe(
      [
        'Wrong settings in the environment:',
        '  PORT must be a whole number from 0 to 65535 (got "70000")',
        '  TOLERANCE must be a duration with a unit, such as 15m, 90s, 250ms or 30d (got "15")',
        '  ENABLED must be true, false, 1 or 0 (got "yes")',
        '  TRUSTED must be a comma-separated list of networks: ' +
          '"10.0.0.0/33" is neither an address nor a network such as 10.0.0.0/8',
      ].join('\n'),
    );
  });

  it('says of a missing variable that it must be set', () => {
    expect(problemsOf(() => loadSettings(z.object({ KEY: secret(), N: integer() }), {}))).toEqual([
      { variable: 'KEY', rule: 'must be set' },
      { variable: 'N', rule: 'must be set' },
    ]);
  });

  it('never shows the value of a secret or of an address', () => {
    const guarded = z.object({
      KEY: secret({ minLength: 32 }),
      HEX: secret({ pattern: /^[0-9a-f]+$/, rule: 'must be hex digits' }),
      MONGO_URI: secretUrl('mongodb', 'mongodb+srv'),
      API_URL: httpUrl(),
    });
    const env = {
      KEY: 'hunter2',
      HEX: 'hunter2',
      MONGO_URI: 'postgres://u:hunter2@h/db',
      API_URL: 'https://u:hunter2@h/',
    };
    const problems = problemsOf(() => loadSettings(guarded, env));
    expect(problems).toHaveLength(4);
    expect(new SettingsError(problems).message).not.toContain('hunter2');
  });

  it('runs a check over several variables also when another one is wrong, and shows both problems', () => {
    const load = (env: Environment): unknown =>
      loadSettings(schema, env, ({ ENABLED, OPERATOR_KEY }, report) => {
        if (ENABLED === true && OPERATOR_KEY === undefined) report('OPERATOR_KEY', 'must be set when ENABLED is true');
      });
    expect(problemsOf(() => load({ PORT: 'x', ENABLED: '1' }))).toEqual([
      { variable: 'PORT', rule: 'must be a whole number from 0 to 65535 (got "x")' },
      { variable: 'OPERATOR_KEY', rule: 'must be set when ENABLED is true' },
    ]);
    expect(problemsOf(() => load({ ENABLED: '1', OPERATOR_KEY: 'short' }))).toEqual([
      { variable: 'OPERATOR_KEY', rule: 'must have at least 16 characters' },
    ]);
  });
});

describe('fields', () => {
  const read = (field: z.ZodType, value: string): unknown => loadSettings(z.object({ X: field }), { X: value })['X'];

  it.each([
    ['15m', 900_000],
    ['90s', 90_000],
    ['30d', 2_592_000_000],
    ['250ms', 250],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('reads the duration %s', (value, ms) => {
    expect(read(duration(), value)).toBe(ms);
  });

  it.each(['15', '-5m', 'm', '5 m', '5w', '1e3s', '0x1s', '99999999999999999d'])('refuses the duration %s', (value) => {
    expect(() => read(duration('1s'), value)).toThrow(/X must be a duration/);
  });

  it('holds a duration to its bounds, which are inclusive', () => {
    const bounded = duration('1m', { min: '1s', max: '1h' });
    expect(read(bounded, '1s')).toBe(1000);
    expect(read(bounded, '1h')).toBe(3_600_000);
    expect(() => read(bounded, '999ms')).toThrow('X must be at least 1s and at most 1h (got "999ms")');
    expect(() => read(bounded, '61m')).toThrow(SettingsError);
  });

  it.each([
    ['true', true],
    ['FALSE', false],
    ['1', true],
    ['0', false],
  ])('reads the flag %s', (value, expected) => {
    expect(read(flag(!expected), value)).toBe(expected);
  });

  it.each(['65536', '-1', '80.5', '0x50', '1e3', '8081x'])('refuses the port %s', (value) => {
    expect(() => read(port(1), value)).toThrow(SettingsError);
  });

  it('accepts the ports at both ends', () => {
    expect(read(port(1), '0')).toBe(0);
    expect(read(port(1), '65535')).toBe(65_535);
  });

  it('lists the words of a choice', () => {
    expect(read(choice(['a', 'b'], 'a'), 'b')).toBe('b');
    expect(() => read(choice(['a', 'b'], 'a'), 'c')).toThrow('X must be one of a, b (got "c")');
  });

  it('splits a list and drops blanks', () => {
    expect(read(textList(), ' a, b ,,c')).toEqual(['a', 'b', 'c']);
  });

  it('makes a folder absolute', () => {
    expect(read(directory('./data'), './x')).toBe(`${process.cwd()}/x`);
  });

  it('keeps an address without its trailing slash and refuses other schemes', () => {
    expect(read(httpUrl(), 'http://h:1/base/')).toBe('http://h:1/base');
    expect(() => read(httpUrl(), 'ftp://h/')).toThrow(SettingsError);
    expect(() => read(httpUrl(), '/relative')).toThrow(SettingsError);
  });

  it('accepts a connection string with several hosts', () => {
    const uri = read(secretUrl('mongodb'), 'mongodb://a:1,b:2/db');
    expect((uri as { reveal(): string }).reveal()).toBe('mongodb://a:1,b:2/db');
    expect(() => read(secretUrl('mongodb'), 'mongodb://')).toThrow(SettingsError);
  });

  it('hides a secret from every way of printing it', () => {
    const key = read(secret(), 'hunter2');
    expect(
      [String(key), JSON.stringify({ key }), inspect({ key }), inspect(key, { showHidden: true })].join(),
    ).not.toContain('hunter2');
  });
});

describe('installationSettings', () => {
  const { REDIS_URL, REDIS_KEY_PREFIX } = installationSettings;
  const redis = z.object({ REDIS_URL, REDIS_KEY_PREFIX });

  it.each([
    'redis://:hunter2@h:6379/0',
    'rediss://h',
    'redis+sentinel://u:hunter2@a:1,b:2/master/3',
    'rediss+sentinel://a/master',
    'redis+cluster://a:1,b:2',
    'rediss+cluster://a',
  ])('accepts the Redis at %s and hides it', (url) => {
    const settings = loadSettings(redis, { REDIS_URL: url });
    expect(settings.REDIS_URL?.reveal()).toBe(url);
    expect(JSON.stringify(settings)).not.toContain('hunter2');
  });

  it('refuses other schemes for Redis, without showing the value', () => {
    const problems = problemsOf(() => loadSettings(redis, { REDIS_URL: 'https://u:hunter2@h' }));
    expect(problems[0]?.rule).toMatch(/^must begin with redis:\/\/ or rediss:\/\/ or /);
    expect(problems[0]?.rule).not.toContain('hunter2');
  });

  it('begins keys in Redis with tollgate: unless told otherwise', () => {
    expect(loadSettings(redis, {}).REDIS_KEY_PREFIX).toBe('tollgate:');
    expect(loadSettings(redis, { REDIS_KEY_PREFIX: 'staging/1:' }).REDIS_KEY_PREFIX).toBe('staging/1:');
    expect(loadSettings(redis, { REDIS_KEY_PREFIX: 'x'.repeat(64) }).REDIS_KEY_PREFIX).toHaveLength(64);
  });

  it.each(['a b', '{a}', 'a}', 'ä', 'a\n', 'x'.repeat(65)])('refuses %j before keys in Redis', (prefix) => {
    expect(problemsOf(() => loadSettings(redis, { REDIS_KEY_PREFIX: prefix }))).toEqual([
      {
        variable: 'REDIS_KEY_PREFIX',
        rule: 'must be at most 64 printable ASCII characters without spaces and braces',
      },
    ]);
  });
});

describe('CidrList', () => {
  const list = (text: string): z.output<ReturnType<typeof cidrList>> =>
    loadSettings(z.object({ X: cidrList() }), { X: text }).X;

  it('contains the addresses of its networks and no others', () => {
    const networks = list('10.0.0.0/8, 192.168.1.7, fd00::/8');
    const inside = ['10.255.0.1', '192.168.1.7', 'fd12::1', '::ffff:10.0.0.1', '::FFFF:10.0.0.1', 'fd00::1%eth0'];
    const outside = ['11.0.0.1', '192.168.1.8', 'fe80::1', '::1', '', 'localhost', '10.0.0', '::ffff:11.0.0.1'];
    expect(inside.filter((address) => !networks.contains(address))).toEqual([]);
    expect(outside.filter((address) => networks.contains(address))).toEqual([]);
  });

  it('contains nobody when it is empty', () => {
    expect(list(' ').contains('127.0.0.1')).toBe(false);
  });

  it.each([
    '10.0.0.0/',
    '10.0.0.0/x',
    '10.0.0/8',
    '::/129',
    '10.0.0.0/8/8',
    'localhost',
    '10.0.0.0/-1',
    'fe80::1%eth0/64',
  ])('refuses %s', (entry) => {
    expect(() => list(entry)).toThrow(SettingsError);
  });
});
