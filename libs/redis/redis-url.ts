/** One server, by name or address. IPv6 addresses stand without brackets. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

interface RedisTargetBase {
  /** At least one. */
  readonly hosts: readonly [RedisHost, ...RedisHost[]];
  readonly tls: boolean;
  readonly login: RedisLogin;
}

/** Where Redis is, read from a URL by {@link parseRedisUrl}. */
export type RedisTarget =
  | (RedisTargetBase & { readonly kind: 'single'; readonly db: number })
  | (RedisTargetBase & {
      readonly kind: 'sentinel';
      readonly db: number;
      readonly master: string;
      /** The sentinels' own, which are other than the servers'. */
      readonly sentinelLogin: RedisLogin;
    })
  | (RedisTargetBase & { readonly kind: 'cluster' });

/** A Redis URL is wrong. Neither the message nor the rule holds any part of the URL that could be a secret. */
export class RedisUrlError extends Error {
  override readonly name = 'RedisUrlError';

  /** @param rule what the URL breaks, such as `must name a host` */
  constructor(readonly rule: string) {
    super(`the Redis URL ${rule}`);
  }
}

const SHAPE = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/;
const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;
const SENTINEL_LOGIN = { sentinelUser: 'username', sentinelPassword: 'password' } as const;

/**
 * Reads where Redis is and how it is spoken to. With `rediss` instead of `redis` every connection is TLS, checked
 * against the certificate authorities that Node trusts (`NODE_EXTRA_CA_CERTS` adds one). Valkey takes the same URLs.
 *
 * - `redis://[user:password@]host[:6379][/db]`: one server
 * - `redis+sentinel://[user:password@]host[:26379][,host…]/master[/db][?sentinelUser=…&sentinelPassword=…]`: the server
 *   that these sentinels call the master; user and password are the server's
 * - `redis+cluster://[user:password@]host[:6379][,host…]`: a Redis Cluster; any of its servers, the others are found
 *
 * User, password and master are percent-encoded; a password alone is written `:password@`.
 * @throws RedisUrlError saying what is wrong
 */
export function parseRedisUrl(url: string): RedisTarget {
  const match = SHAPE.exec(url.trim());
  if (match === null) {
    throw new RedisUrlError('must look like redis://host:6379/0, with rediss, +sentinel or +cluster as needed');
  }
  const [, scheme, mode, authority = '', path = '', query = ''] = match;
  const { login, hostList } = splitAuthority(authority);
  const base = { tls: scheme === 'rediss', login };
  const parts = path === '' ? [] : path.replace(/\/$/, '').split('/');

  if (mode === 'sentinel') {
    const [master = '', db, ...more] = parts;
    if (master === '')
      throw new RedisUrlError('must name the master after the sentinels, as in /mymaster or /mymaster/0');
    if (more.length > 0) throw new RedisUrlError('must end after the master and the database');
    const hosts = parseHosts(hostList, DEFAULT_SENTINEL_PORT);
    const sentinelLogin = parseSentinelLogin(query);
    return { kind: 'sentinel', ...base, hosts, master: decoded(master, 'master'), db: parseDb(db), sentinelLogin };
  }
  if (query !== '') throw new RedisUrlError('must have no ? with parameters, which only +sentinel takes');
  const hosts = parseHosts(hostList, DEFAULT_PORT);
  if (mode === 'cluster') {
    if (parts.some((part) => part !== '0')) throw new RedisUrlError('must name no database: a cluster has only 0');
    return { kind: 'cluster', ...base, hosts };
  }
  if (hosts.length > 1) throw new RedisUrlError('must name one host, or begin with redis+sentinel or redis+cluster');
  const [db, ...more] = parts;
  if (more.length > 0) throw new RedisUrlError('must end after the database');
  return { kind: 'single', ...base, hosts, db: parseDb(db) };
}

function splitAuthority(authority: string): { readonly login: RedisLogin; readonly hostList: string } {
  const at = authority.lastIndexOf('@');
  if (at === -1) return { login: {}, hostList: authority };
  const [username = '', ...rest] = authority.slice(0, at).split(':');
  // A colon in a password is common and harmless; a second @ is caught here too, because the last one counts.
  const password = rest.join(':');
  return {
    login: {
      ...(username === '' ? {} : { username: decoded(username, 'user') }),
      ...(password === '' ? {} : { password: decoded(password, 'password') }),
    },
    hostList: authority.slice(at + 1),
  };
}

function parseHosts(list: string, defaultPort: number): readonly [RedisHost, ...RedisHost[]] {
  const [first, ...others] = list.split(',').map((text) => parseHost(text.trim(), defaultPort));
  if (first === undefined) throw new RedisUrlError('must name a host');
  return [first, ...others];
}

function parseHost(text: string, defaultPort: number): RedisHost {
  if (text === '') throw new RedisUrlError('must name a host');
  const match = HOST.exec(text);
  const host = match?.[1] ?? match?.[2];
  // Not repeated in the message: with a stray / or # in a password, what stands here is a piece of it.
  if (host === undefined) {
    throw new RedisUrlError('must name hosts as host:port, and percent-encode / ? # @ in user and password');
  }
  const port = Number(match?.[3] ?? defaultPort);
  if (port < 1 || port > 65_535) throw new RedisUrlError('must name ports from 1 to 65535');
  return { host, port };
}

function parseDb(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text)) throw new RedisUrlError('must name the database by its number');
  return Number(text);
}

function parseSentinelLogin(query: string): RedisLogin {
  const login: { username?: string; password?: string } = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== 'sentinelUser' && name !== 'sentinelPassword') {
      throw new RedisUrlError('must have no parameters but sentinelUser and sentinelPassword');
    }
    login[SENTINEL_LOGIN[name]] = value;
  }
  return login;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RedisUrlError(`must percent-encode the ${what}: a % stands without two hex digits`);
  }
}
