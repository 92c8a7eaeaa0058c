import { parseRedisUrl, RedisUrlError } from './redis-url';

function problemOf(url: string): string {
  try {
    parseRedisUrl(url);
  } catch (error) {
    if (error instanceof RedisUrlError) return error.message;
    throw error;
  }
  throw new Error('the URL was accepted');
}

describe('parseRedisUrl', () => {
  it('reads one server, with what is left out as usual', () => {
    expect(parseRedisUrl('redis://h')).toStrictEqual({
      kind: 'single',
      tls: false,
      login: {},
      hosts: [{ host: 'h', port: 6379 }],
      db: 0,
    });
  });

  it('reads TLS, login, port and database', () => {
    expect(parseRedisUrl(' rediss://us%65r:p%40ss:w%2Frd@redis.example.com:6380/15 ')).toStrictEqual({
      kind: 'single',
      tls: true,
      login: { username: 'user', password: 'p@ss:w/rd' },
      hosts: [{ host: 'redis.example.com', port: 6380 }],
      db: 15,
    });
  });

  it('reads a password without a user', () => {
    expect(parseRedisUrl('redis://:secret@h').login).toStrictEqual({ password: 'secret' });
  });

  it('reads IPv6 addresses', () => {
    expect(parseRedisUrl('redis+cluster://[::1]:7000,[fd00::2]').hosts).toStrictEqual([
      { host: '::1', port: 7000 },
      { host: 'fd00::2', port: 6379 },
    ]);
  });

  it('reads sentinels, the master that they name, and their own login', () => {
    const url = 'rediss+sentinel://:data@s1:5000,s2/my%20master/2?sentinelUser=watch&sentinelPassword=w%26d';
    expect(parseRedisUrl(url)).toStrictEqual({
      kind: 'sentinel',
      tls: true,
      login: { password: 'data' },
      hosts: [
        { host: 's1', port: 5000 },
        { host: 's2', port: 26_379 },
      ],
      master: 'my master',
      db: 2,
      sentinelLogin: { username: 'watch', password: 'w&d' },
    });
  });

  it('reads a cluster by some of its servers', () => {
    expect(parseRedisUrl('redis+cluster://u:p@a:1,b:2/')).toStrictEqual({
      kind: 'cluster',
      tls: false,
      login: { username: 'u', password: 'p' },
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    });
  });

  it.each([
    ['http://h', 'must look like redis://host:6379/0'],
    ['redis+other://h', 'must look like redis://host:6379/0'],
    ['redis:h', 'must look like redis://host:6379/0'],
    ['redis://', 'must name a host'],
    ['redis://h,', 'must name a host'],
    ['redis://a,b', 'must name one host'],
    ['redis://a b', 'must name hosts as host:port'],
    ['redis://h:0', 'ports from 1 to 65535'],
    ['redis://h:65536', 'ports from 1 to 65535'],
    ['redis://h:6379x', 'must name hosts as host:port'],
    ['redis://h/x', 'the database by its number'],
    ['redis://h/1/2', 'must end after the database'],
    ['redis://h?db=1', 'must have no ? with parameters'],
    ['redis://:100%@h', 'must percent-encode the password'],
    ['redis+sentinel://h', 'must name the master after the sentinels'],
    ['redis+sentinel://h/m/x', 'the database by its number'],
    ['redis+sentinel://h/m/1/2', 'must end after the master and the database'],
    ['redis+sentinel://h/m?password=x', 'no parameters but sentinelUser and sentinelPassword'],
    ['redis+cluster://h/1', 'must name no database'],
  ])('says what is wrong with %s', (url, rule) => {
    expect(problemOf(url)).toContain(rule);
  });

  it.each([
    'redis://u:hunter2@h:x',
    'redis://u:hunter2%@h',
    'redis://u:hunter2/@h',
    'redis://u:hunter2#@h',
    'redis://u:hunter2?@h',
    'redis://u:hunter2',
    'redis://u:hunter2@',
    'x://u:hunter2@h',
    'redis+sentinel://u:hunter2@h/m?hunter2=hunter2',
  ])('shows nothing of %s in the problem', (url) => {
    expect(problemOf(url)).not.toContain('hunter2');
  });
});
