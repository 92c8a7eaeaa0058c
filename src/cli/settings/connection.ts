import { readFileSync } from 'node:fs';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import { readFirstLine } from '../input/first-line';
import { CredentialsFile, type Profile } from './credentials-file';
import type { GlobalOptions } from './global-options';

const DEFAULT_URL = 'http://127.0.0.1:8081';
const DEFAULT_PROFILE = 'default';
const ACCESS_KEY = /^[A-Za-z0-9_-]{1,128}$/;

export interface Keys {
  readonly accessKey: string;
  readonly secretKey: string;
  /** Whether the SecretKey came from the profile. */
  readonly fromProfile: boolean;
}

/** Where the api is and who asks: flags (also `--profile`) come first, then the environment, then the saved profile. */
export class Connection {
  readonly #context: CliContext;
  readonly #options: GlobalOptions;
  readonly credentialsFile: CredentialsFile;
  #keys: Promise<Keys> | undefined;

  constructor(context: CliContext, options: GlobalOptions) {
    this.#context = context;
    this.#options = options;
    this.credentialsFile = new CredentialsFile(context);
  }

  get profileName(): string {
    return this.#options.profile ?? DEFAULT_PROFILE;
  }

  /** @throws CliError that names the flag, the variable or the file that holds no usable URL */
  url(): string {
    const [origin, url] = this.#urlWithOrigin();
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const isPlain = parsed?.username === '' && parsed.password === '' && parsed.search === '' && parsed.hash === '';
    if (isPlain && /^https?:$/.test(parsed.protocol)) return url.replace(/\/+$/, '');
    throw new CliError(`${origin}: not an http or https URL without user, query and fragment`);
  }

  /**
   * Read once, since standard input can be read once only.
   * @throws CliError that says where keys can come from
   */
  async keys(): Promise<Keys> {
    this.#keys ??= this.#readKeys();
    return this.#keys;
  }

  /** The saved account, if there is one. */
  findProfile(): Profile | undefined {
    return this.credentialsFile.findProfile(this.profileName);
  }

  #urlWithOrigin(): readonly [origin: string, url: string] {
    const flag = this.#options.url;
    if (flag !== undefined) return ['--url', flag];
    const profile = this.findProfile();
    const variable = this.#context.env['TOLLGATE_URL'];
    const profileFirst = this.#options.profile !== undefined && profile !== undefined;
    if (variable && !profileFirst) return ['TOLLGATE_URL', variable];
    return [this.credentialsFile.path, profile?.url ?? DEFAULT_URL];
  }

  async #readKeys(): Promise<Keys> {
    const profile = this.findProfile();
    const isNamed = this.#options.profile !== undefined;
    if (isNamed && profile === undefined) {
      throw new CliError(`--profile: no ${this.profileName} in ${this.credentialsFile.path}`);
    }
    const { TOLLGATE_ACCESS_KEY: envAccessKey = '', TOLLGATE_SECRET_KEY: envSecretKey = '' } = this.#context.env;
    const accessKey = this.#options.accessKey ?? (isNamed ? profile?.access_key : envAccessKey || profile?.access_key);
    if (accessKey === undefined) {
      throw new CliError('no AccessKey: set TOLLGATE_ACCESS_KEY and TOLLGATE_SECRET_KEY, or register with --save');
    }
    // No message repeats it: keys get mixed up, and this may be the other one.
    if (!ACCESS_KEY.test(accessKey)) throw new CliError('--access-key or TOLLGATE_ACCESS_KEY: malformed');
    const given = await this.#secretFromFile();
    if (given !== undefined) return { accessKey, secretKey: given, fromProfile: false };
    // A SecretKey belongs to the AccessKey beside it and to no other.
    const saved = profile?.access_key === accessKey ? profile.secret_key : undefined;
    const variable = envAccessKey === '' || envAccessKey === accessKey ? envSecretKey || undefined : undefined;
    const secretKey = isNamed ? (saved ?? variable) : (variable ?? saved);
    if (secretKey !== undefined) return { accessKey, secretKey, fromProfile: secretKey === saved };
    throw new CliError('no SecretKey for this AccessKey: set TOLLGATE_SECRET_KEY or --secret-key-file');
  }

  async #secretFromFile(): Promise<string | undefined> {
    const path = this.#options.secretKeyFile;
    if (path === undefined) return undefined;
    const secret = path === '-' ? await readFirstLine(this.#context.stdin) : firstLineOfFile('--secret-key-file', path);
    if (secret === '') throw new CliError('--secret-key-file: empty');
    return secret;
  }
}

/**
 * The first line of a file that a flag or a variable names.
 * @throws CliError that names the flag
 */
export function firstLineOfFile(flag: string, path: string): string {
  try {
    return (readFileSync(path, 'utf8').split('\n', 1)[0] ?? '').trim();
  } catch {
    throw new CliError(`${flag}: cannot read ${path}`);
  }
}
