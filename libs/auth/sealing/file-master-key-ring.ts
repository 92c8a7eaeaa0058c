import { readFileSync, statSync } from 'node:fs';
import { ensureSecretFile, replaceSecretFile } from '../secret-file';
import {
  type MasterKey,
  MasterKeyError,
  MasterKeyRing,
  formatMasterKey,
  newMasterKey,
  parseMasterKeys,
} from './master-key-ring';

const HEADER = '# Tollgate master keys, the current one first. Whoever reads this file can open every SecretKey.\n';
/** How often a change of the file by another process is looked for while sealing. */
const RECHECK_MS = 1_000;

/**
 * A ring kept in a file (mode 0600) that the running processes share with the `tollgate keys` commands. A process
 * notices a new current key within a second, and an unknown key id at once.
 */
export class FileMasterKeyRing extends MasterKeyRing {
  private keys: readonly MasterKey[];
  private stamp: string;
  private checkedAtMs: number;

  /**
   * @param path an existing ring file
   * @param nowMs milliseconds of any steady clock
   * @throws MasterKeyError when it can't be read or holds no valid ring
   */
  constructor(
    private readonly path: string,
    private readonly nowMs: () => number = Date.now,
  ) {
    super();
    this.stamp = stampOf(path);
    this.keys = readRing(path);
    this.checkedAtMs = nowMs();
  }

  /**
   * Makes a ring file with one new key, unless there is one.
   * @returns whether it was made now
   */
  static ensure(path: string): boolean {
    return ensureSecretFile(path, ringText([newMasterKey()]));
  }

  override current(): MasterKey {
    if (this.nowMs() - this.checkedAtMs >= RECHECK_MS) this.reloadIfChanged();
    const [first] = this.keys;
    if (first === undefined) throw new MasterKeyError('no master key found');
    return first;
  }

  override find(keyId: string): Buffer | undefined {
    const known = this.keys.find((key) => key.id === keyId);
    if (known !== undefined) return known.key;
    this.reloadIfChanged();
    return this.keys.find((key) => key.id === keyId)?.key;
  }

  override listIds(): readonly string[] {
    return this.keys.map((key) => key.id);
  }

  /** Adds a new key, which becomes the current one. */
  rotate(): MasterKey {
    this.reloadIfChanged();
    const fresh = newMasterKey();
    this.replace([fresh, ...this.keys]);
    return fresh;
  }

  /**
   * Takes a key out. The caller has made sure that nothing is sealed with it any more.
   * @throws MasterKeyError for the current key or an unknown one
   */
  retire(keyId: string): void {
    this.reloadIfChanged();
    if (this.keys[0]?.id === keyId) throw new MasterKeyError(`master key ${keyId} is the current one`);
    if (!this.keys.some((key) => key.id === keyId)) throw new MasterKeyError(`there is no master key ${keyId}`);
    this.replace(this.keys.filter((key) => key.id !== keyId));
  }

  private replace(keys: readonly MasterKey[]): void {
    replaceSecretFile(this.path, ringText(keys));
    this.keys = keys;
    this.stamp = stampOf(this.path);
  }

  private reloadIfChanged(): void {
    this.checkedAtMs = this.nowMs();
    const stamp = stampOf(this.path);
    if (stamp === this.stamp) return;
    this.keys = readRing(this.path);
    this.stamp = stamp;
  }
}

function readRing(path: string): readonly MasterKey[] {
  return parseMasterKeys(readFileSync(path, 'utf8'));
}

/** Changes whenever the file was replaced or rewritten. */
function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return [ino, mtimeMs, size].join(':');
  } catch {
    throw new MasterKeyError(`the master key file ${path} can't be read`);
  }
}

function ringText(keys: readonly MasterKey[]): string {
  return `${HEADER}${keys.map(formatMasterKey).join('\n')}\n`;
}
