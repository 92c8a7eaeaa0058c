import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';

/** One saved account. */
export interface Profile {
  readonly url: string;
  readonly access_key: string;
  readonly secret_key: string;
}

type Profiles = Readonly<Record<string, Profile>>;

const PROFILE_NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** `tollgate/credentials.json` under `XDG_CONFIG_HOME`, else under `~/.config`. Readable by its owner only. */
export class CredentialsFile {
  readonly path: string;

  constructor({ env, homeDir }: Pick<CliContext, 'env' | 'homeDir'>) {
    const configHome = env['XDG_CONFIG_HOME'] || join(homeDir, '.config');
    this.path = join(configHome, 'tollgate', 'credentials.json');
  }

  /** @throws CliError when the file is there but can't be read, or holds something else */
  findProfile(name: string): Profile | undefined {
    const profiles = this.#read();
    return Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  }

  /** Adds or replaces a profile. The file changes as a whole or not at all. */
  saveProfile(name: string, profile: Profile): void {
    assertProfileName(name);
    const text = `${JSON.stringify({ profiles: { ...this.#read(), [name]: profile } }, null, 2)}\n`;
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const temporary = `${this.path}.${randomBytes(6).toString('hex')}`;
    try {
      writeDurably(temporary, text);
      renameSync(temporary, this.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** Whether people other than the owner may read the file. */
  isExposed(): boolean {
    const mode = statSync(this.path, { throwIfNoEntry: false })?.mode ?? 0;
    return process.platform !== 'win32' && (mode & 0o077) !== 0;
  }

  #read(): Profiles {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw new CliError(`cannot read ${this.path}`);
    }
    const profiles = parseProfiles(text);
    if (profiles === undefined) throw new CliError(`${this.path} does not hold {"profiles": {…}}`);
    return profiles;
  }
}

/** @throws CliError for a name that would be hard to tell apart or to type */
export function assertProfileName(name: string): void {
  if (!PROFILE_NAME.test(name)) throw new CliError('--profile: 1 to 64 characters of [A-Za-z0-9_.-]');
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function parseProfiles(text: string): Profiles | undefined {
  try {
    const root: unknown = JSON.parse(text);
    const profiles = isObject(root) ? root['profiles'] : undefined;
    return isObject(profiles) && Object.values(profiles).every(isProfile) ? (profiles as Profiles) : undefined;
  } catch {
    return undefined;
  }
}

function isProfile(value: unknown): value is Profile {
  return isObject(value) && ['url', 'access_key', 'secret_key'].every((key) => typeof value[key] === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
