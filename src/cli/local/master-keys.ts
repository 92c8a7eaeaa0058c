import { existsSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import {
  FileMasterKeyRing,
  type ResealReport,
  SecretSealer,
  formatMasterKey,
  newMasterKey,
  resealAll,
} from '@tollgate/auth';
import type { Environment } from '@tollgate/config';
import {
  AccountRepository,
  type AuditAction,
  type AuditRecord,
  AuditRepository,
  newAuditId,
  TunnelTokenRecords,
} from '@tollgate/domain';
import { resealTunnelTokens } from '@tollgate/tunnel-tokens';
import { CliError } from '../cli-error';
import { withLocalStore } from './local-store';
import { type LocalSettings, loadLocalSettings, openMasterKeys, storageOptionsOf } from './local-settings';

/**
 * By then every running process has noticed a new current key (it looks every second) and stored what it had sealed
 * with the one before.
 */
const NOTICED_AFTER_MS = 2_000;

/** Waits so many milliseconds. */
export type Wait = (delayMs: number) => Promise<void>;

export interface MasterKeyUse {
  readonly key_id: string;
  readonly current: boolean;
  /** Whether the ring holds it; a key that is used and missing is a loss. */
  readonly in_ring: boolean;
  readonly accounts: number;
}

/** The master keys and the record store of this installation. */
export class MasterKeyAdmin {
  readonly #settings: LocalSettings;
  readonly #wait: Wait;

  /** A new key as text, for MASTER_KEY; or in a new ring file, and then `undefined`. @throws CliError if it exists */
  static generate(file: string | undefined): string | undefined {
    if (file === undefined) return formatMasterKey(newMasterKey());
    if (existsSync(file) || !FileMasterKeyRing.ensure(file)) throw new CliError(`--file: ${file} exists`);
    return undefined;
  }

  /** @throws CliError that names every wrong variable, never a value */
  constructor(env: Environment, wait: Wait) {
    this.#settings = loadLocalSettings(env);
    this.#wait = wait;
  }

  /** Every key of the ring or in use, the current one first, with the number of accounts that it seals. */
  async list(): Promise<readonly MasterKeyUse[]> {
    const ring = openMasterKeys(this.#settings);
    const currentId = ring.current().id;
    const ringIds = ring.listIds();
    const counts = await this.#withStore(countBySealKey);
    return [...new Set([...ringIds, ...counts.keys()])].map((key_id) => ({
      key_id,
      current: key_id === currentId,
      in_ring: ringIds.includes(key_id),
      accounts: counts.get(key_id) ?? 0,
    }));
  }

  /** Adds a new current key. Returns its id, once every running process has noticed. */
  async rotate(): Promise<string> {
    const ring = this.#changeableRing();
    return this.#withStore(async (store) => {
      const { id } = ring.rotate();
      await store.get(AuditRepository, { strict: false }).append(keyChange('rotate_master_key', id));
      await this.#wait(NOTICED_AFTER_MS);
      return id;
    });
  }

  /** Seals every SecretKey, and every tunnel token of the embedded store, under the current key. */
  async reseal(): Promise<ResealReport> {
    const ring = openMasterKeys(this.#settings);
    const sealer = new SecretSealer(ring);
    return this.#withStore(async (store) => {
      const secrets = await resealAll(store.get(AccountRepository, { strict: false }), sealer, ring);
      // With MongoDB tunnel tokens are in etcd, as they are.
      if (this.#settings.MONGO_URI !== undefined) return secrets;
      const records = store.get(TunnelTokenRecords, { strict: false });
      const tunnels = await resealTunnelTokens(records, sealer, ring.current().id);
      return {
        resealed: secrets.resealed + tunnels.resealed,
        skipped: secrets.skipped + tunnels.skipped,
        broken: [...secrets.broken, ...tunnels.broken.map((hash) => `tunnel token with hash ${hash}…`)],
      };
    });
  }

  /** Takes a key out of the ring. @throws CliError while it still seals something */
  async retire(keyId: string): Promise<void> {
    const ring = this.#changeableRing();
    if (!ring.listIds().includes(keyId)) throw new CliError(`<id>: there is no master key ${keyId}`);
    if (ring.current().id === keyId) throw new CliError(`<id>: ${keyId} is the current key; rotate first`);
    await this.#withStore(async (store) => {
      // It may have been the current one until a moment ago.
      await this.#wait(NOTICED_AFTER_MS);
      const sealed = (await countBySealKey(store)).get(keyId) ?? 0;
      if (sealed > 0) {
        throw new CliError(`<id>: ${keyId} still seals ${String(sealed)} SecretKeys; run: tollgate keys reseal`);
      }
      ring.retire(keyId);
      await store.get(AuditRepository, { strict: false }).append(keyChange('retire_master_key', keyId));
    });
  }

  #changeableRing(): FileMasterKeyRing {
    const ring = openMasterKeys(this.#settings);
    if (ring instanceof FileMasterKeyRing) return ring;
    throw new CliError(
      'MASTER_KEY is set, which a command cannot change: change it where it is set, or use MASTER_KEY_FILE',
    );
  }

  async #withStore<T>(use: (store: INestApplicationContext) => Promise<T>): Promise<T> {
    return withLocalStore(storageOptionsOf(this.#settings), use);
  }
}

async function countBySealKey(store: INestApplicationContext): Promise<ReadonlyMap<string, number>> {
  return store.get(AccountRepository, { strict: false }).countBySealKeyAcrossAccounts();
}

function keyChange(action: AuditAction, keyId: string): AuditRecord {
  return {
    id: newAuditId(),
    accountId: '',
    action,
    resourceId: keyId,
    ip: '',
    userAgent: 'tollgate keys',
    result: 'success',
    timestamp: new Date(),
  };
}
