import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { Session } from '../session';
import { assertCanSave, trySaveKeys } from '../settings/save-keys';

/** `account regenerate-sk`: a new SecretKey; the old one is dead at once. */
export function addRegenerateSecretKeyCommand(account: Command, context: CliContext): void {
  account
    .command('regenerate-sk')
    .description('replace the SecretKey; the old one is dead at once')
    .option('--save', 'save the new SecretKey to the profile instead of showing it')
    .action(async (_options: object, command: Command) => {
      const session = new Session<{ readonly save?: boolean }>(context, command);
      const { accessKey, fromProfile } = await session.connection.keys();
      if (session.options.save === true) assertCanSave(session, accessKey);
      const keys = await (await session.tenantClient()).regenerateSecretKey();
      const saved = session.options.save === true && trySaveKeys(session, keys);
      session.print.record(keys, [
        ['AccessKey', keys.access_key],
        ['SecretKey', saved ? undefined : keys.secret_key],
        ['saved to', saved ? session.connection.credentialsFile.path : undefined],
        ['updated', keys.updated_at],
      ]);
      if (saved) return;
      session.print.note('The SecretKey is shown this once: keep it now.');
      if (fromProfile)
        session.print.warn(`warning: profile ${session.connection.profileName} still holds the old SecretKey`);
    });
}
