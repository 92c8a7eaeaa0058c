import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CliContext } from '../cli-context';
import { CliError } from '../cli-error';
import type { MasterKeyAdmin, MasterKeyUse } from '../local/master-keys';
import type { Column } from '../output/printer';
import { Session } from '../session';

const COLUMNS: readonly Column<MasterKeyUse>[] = [
  ['KEY', (key) => key.key_id],
  ['STATE', (key) => (key.current ? 'current' : key.in_ring ? 'old' : 'MISSING')],
  ['SECRETKEYS', (key) => key.accounts],
];

/** `tollgate keys …`: the master keys that seal SecretKeys, on the machine (and with the environment) of the api. */
export function addKeysCommands(program: Command, context: CliContext): void {
  const keys = program
    .command('keys')
    .description('master keys; for the operator, with the environment of the api (DATA_DIR, MONGO_URI, MASTER_KEY…)');
  addGenerate(keys, context);
  addList(keys, context);
  addRotate(keys, context);
  addReseal(keys, context);
  addRetire(keys, context);
}

function addGenerate(keys: Command, context: CliContext): void {
  keys
    .command('generate')
    .description('make a master key: prints it for MASTER_KEY, or keeps it in a new file for MASTER_KEY_FILE')
    .option('--file <path>', 'write a new file of mode 0600 instead of printing')
    .action((_options: object, command: Command) => {
      const { print, options } = new Session<{ readonly file?: string }>(context, command);
      const key = loadMasterKeyAdmin().generate(options.file);
      if (key === undefined) print.done({ file: options.file }, `a new master key is in ${options.file ?? ''}`);
      else print.raw(`${key}\n`);
    });
}

function addList(keys: Command, context: CliContext): void {
  keys
    .command('list')
    .description('how many SecretKeys each master key seals')
    .action(async (_options: object, command: Command) => {
      const { print } = new Session(context, command);
      const list = await openMasterKeyAdmin(context).list();
      print.table({ keys: list }, COLUMNS, list, 'no master keys');
    });
}

function addRotate(keys: Command, context: CliContext): void {
  keys
    .command('rotate')
    .description('add a new current key; the service may run, and notices within a second')
    .action(async (_options: object, command: Command) => {
      const { print } = new Session(context, command);
      const id = await openMasterKeyAdmin(context).rotate();
      print.done({ key_id: id }, `${id} is the current key; next: tollgate keys reseal`);
    });
}

function addReseal(keys: Command, context: CliContext): void {
  keys
    .command('reseal')
    .description('seal every SecretKey under the current key; safe to break off and to repeat')
    .action(async (_options: object, command: Command) => {
      const { print } = new Session(context, command);
      const report = await openMasterKeyAdmin(context).reseal();
      const { resealed, skipped, broken } = report;
      print.done(
        report,
        `${String(resealed)} resealed, ${String(skipped)} changed meanwhile, ${String(broken.length)} broken`,
      );
      if (broken.length > 0) throw new CliError(`SecretKeys that no master key opens: ${broken.join(' ')}`);
    });
}

function addRetire(keys: Command, context: CliContext): void {
  keys
    .command('retire')
    .description('take an old key out; refused while it still seals something')
    .argument('<id>', 'key id, as keys list shows it')
    .action(async (id: string, _options: object, command: Command) => {
      const { print } = new Session(context, command);
      await openMasterKeyAdmin(context).retire(id);
      print.done({ key_id: id }, `${id} is retired`);
    });
}

// What opens the store is loaded only when used: it costs half a second, which the other commands need not pay.

function openMasterKeyAdmin({ env, clock }: CliContext): MasterKeyAdmin {
  const Admin = loadMasterKeyAdmin();
  return new Admin(env, async (delayMs) => (clock ? clock.wait(delayMs) : setTimeout(delayMs)));
}

function loadMasterKeyAdmin(): typeof MasterKeyAdmin {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when used
  const local = require('../local/master-keys') as typeof import('../local/master-keys');
  return local.MasterKeyAdmin;
}
