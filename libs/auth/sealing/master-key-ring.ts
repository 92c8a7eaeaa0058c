import { randomBytes } from 'node:crypto';

/** One master key. */
export interface MasterKey {
  /** `mk_` + 8 hex, or what the operator named it. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

/** The master keys a process knows: the first seals, all of them open. */
export abstract class MasterKeyRing {
  /** The key that seals from now on. */
  abstract current(): MasterKey;

  /** The key with this id; a ring that others may change looks again before it says no. */
  abstract find(keyId: string): Buffer | undefined;

  /** Ids, the current one first. */
  abstract listIds(): readonly string[];
}

/** Something is wrong with the master keys; the text names what, never a key. */
export class MasterKeyError extends Error {
  override readonly name = 'MasterKeyError';
}

const KEY_BYTES = 32;
const ID_PATTERN = /^[A-Za-z0-9_-]{1,32}$/;

/** A new random master key. */
export function newMasterKey(): MasterKey {
  return { id: `mk_${randomBytes(4).toString('hex')}`, key: randomBytes(KEY_BYTES) };
}

/** `{id}:{base64 of 32 bytes}`, the form used in the environment and in the ring file. */
export function formatMasterKey(masterKey: MasterKey): string {
  return `${masterKey.id}:${masterKey.key.toString('base64')}`;
}

/**
 * Reads keys separated by commas or line ends, the current one first; lines that start with `#` are comments.
 * @throws MasterKeyError for a wrong form, a key that is not 32 bytes or is plainly no random key, or an id used twice
 */
export function parseMasterKeys(text: string): readonly MasterKey[] {
  const entries = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw new MasterKeyError('no master key found');
  const keys = entries.map(parseEntry);
  const ids = new Set(keys.map((key) => key.id));
  if (ids.size !== keys.length) throw new MasterKeyError('two master keys have the same id');
  return keys;
}

function parseEntry(entry: string, index: number): MasterKey {
  const where = `master key ${String(index + 1)}`;
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(colon, 0));
  if (!ID_PATTERN.test(id)) throw new MasterKeyError(`${where} must read {id}:{base64 of 32 bytes}`);
  const encoded = entry.slice(colon + 1);
  const key = Buffer.from(encoded, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== encoded) {
    throw new MasterKeyError(`${where} (${id}) is not the base64 of 32 bytes`);
  }
  // 32 random bytes have 8 or fewer distinct values with a chance under 1e-30: such a key is a placeholder.
  if (new Set(key).size <= 8) throw new MasterKeyError(`${where} (${id}) is a placeholder, not a random key`);
  return { id, key };
}

/** A ring that never changes, from the environment or a test. */
export class StaticMasterKeyRing extends MasterKeyRing {
  private readonly first: MasterKey;

  /** @throws MasterKeyError when `keys` is empty */
  constructor(private readonly keys: readonly MasterKey[]) {
    super();
    const first = keys[0];
    if (first === undefined) throw new MasterKeyError('no master key found');
    this.first = first;
  }

  override current(): MasterKey {
    return this.first;
  }

  override find(keyId: string): Buffer | undefined {
    return this.keys.find((key) => key.id === keyId)?.key;
  }

  override listIds(): readonly string[] {
    return this.keys.map((key) => key.id);
  }
}
