import { CliError } from '../cli-error';
import type { Session } from '../session';
import { assertProfileName } from './credentials-file';

/**
 * To be called before the api makes new keys: afterwards a refusal would cost the SecretKey.
 * @param accessKey the account whose saved keys may be replaced; absent for a new account
 * @throws CliError when the profile holds another account's keys
 */
export function assertCanSave({ connection }: Session, accessKey?: string): void {
  assertProfileName(connection.profileName);
  const profile = connection.findProfile();
  if (profile === undefined || profile.access_key === accessKey) return;
  const { path } = connection.credentialsFile;
  throw new CliError(`--save: ${path} holds another account as ${connection.profileName}; choose another --profile`);
}

/** Saves fresh keys to the profile. Returns whether that worked; when not, they must be shown. */
export function trySaveKeys(
  { connection, print }: Session,
  keys: { readonly access_key: string; readonly secret_key: string },
): boolean {
  const { access_key, secret_key } = keys;
  try {
    connection.credentialsFile.saveProfile(connection.profileName, { url: connection.url(), access_key, secret_key });
    return true;
  } catch {
    print.warn(`warning: --save: cannot write ${connection.credentialsFile.path}`);
    return false;
  }
}
