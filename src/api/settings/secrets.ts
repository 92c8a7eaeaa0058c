import { readFileSync } from 'node:fs';
import {
  FileMasterKeyRing,
  MIN_OPERATOR_KEY_LENGTH,
  MasterKeyRing,
  OperatorKey,
  StaticMasterKeyRing,
  ensureSecretFile,
  parseMasterKeys,
} from '@tollgate/auth';
import { masterKeysFileIn, operatorKeyFileIn } from '@tollgate/config';
import { randomBase62 } from '@tollgate/domain';
import type { Log } from '@tollgate/observability';
import type { ApiSettings } from './api.settings';

const OPERATOR_KEY_RANDOM = 43;

/**
 * The master keys: from MASTER_KEY, from MASTER_KEY_FILE, or, outside production, from a file made on first start.
 * @throws MasterKeyError when they can't be read
 */
export function openMasterKeys(settings: ApiSettings, log: Log): MasterKeyRing {
  if (settings.MASTER_KEY !== undefined) return new StaticMasterKeyRing(parseMasterKeys(settings.MASTER_KEY.reveal()));
  if (settings.MASTER_KEY_FILE !== undefined) return new FileMasterKeyRing(settings.MASTER_KEY_FILE);
  const path = masterKeysFileIn(settings.DATA_DIR);
  if (FileMasterKeyRing.ensure(path)) {
    log.warn({ path }, 'made a master key; without it no SecretKey can be opened, so back it up apart from the data');
  }
  return new FileMasterKeyRing(path);
}

/** The operator key: from OPERATOR_KEY, or from a file made on first start. Its path is logged, never the key. */
export function openOperatorKey(settings: ApiSettings, log: Log): OperatorKey {
  if (settings.OPERATOR_KEY !== undefined) return new OperatorKey(settings.OPERATOR_KEY.reveal());
  const path = operatorKeyFileIn(settings.DATA_DIR);
  const made = ensureSecretFile(path, `opk_${randomBase62(OPERATOR_KEY_RANDOM)}\n`);
  log.info({ path, made }, 'the operator key is in this file');
  const key = readFileSync(path, 'utf8').trim();
  if (key.length < MIN_OPERATOR_KEY_LENGTH) {
    throw new Error(`${path} must hold a key of at least ${String(MIN_OPERATOR_KEY_LENGTH)} characters`);
  }
  return new OperatorKey(key);
}
