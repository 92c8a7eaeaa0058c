import type { Command } from 'commander';
import type { ImportCounts, ImportReport } from '@tollgate/storage';
import type { CliContext } from '../cli-context';
import { CliError, EXIT } from '../cli-error';
import type { MongoImport } from '../local/mongo-import';
import type { Column } from '../output/printer';
import { Session } from '../session';

interface ImportOptions {
  readonly from?: string;
  readonly database?: string;
  readonly dryRun?: boolean;
}

type Row = ImportCounts & { readonly name: string };

const COLUMNS: readonly Column<Row>[] = [
  ['COLLECTION', (row) => row.name],
  ['TAKEN', (row) => row.inserted],
  ['THERE ALREADY', (row) => row.exists],
  ['CONFLICT', (row) => row.conflict],
  ['INVALID', (row) => row.invalid],
  ['SKIPPED', (row) => row.skipped],
];

const PROGRESS_STEP = 10_000;

/** `tollgate import …`: moving in from another installation, on the machine (and with the environment) of the api. */
export function addImportCommands(program: Command, context: CliContext): void {
  program
    .command('import')
    .description('take over another installation; for the operator, with the environment of the api')
    .command('mongo')
    .description("the original service's database: reads it only, may be broken off and repeated")
    .option('--from <uri>', 'where it is; with a password in it, set TOLLGATE_IMPORT_URI instead')
    .option('--database <name>', 'default: the one in the address, else token_service_v2')
    .option('--dry-run', 'say what would happen and write nothing')
    .action(async (_options: ImportOptions, command: Command) => {
      const session = new Session<ImportOptions>(context, command);
      const { from, database, dryRun } = session.options;
      const report = await openMongoImport(context).run({
        ...(from === undefined ? {} : { from }),
        ...(database === undefined ? {} : { database }),
        dryRun: dryRun === true,
        onProgress: progress(session),
      });
      show(session, report);
    });
}

/** Loaded only when used: the store costs half a second, which the other commands need not pay. */
function openMongoImport({ env }: CliContext): MongoImport {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only when used
  const local = require('../local/mongo-import') as typeof import('../local/mongo-import');
  return new local.MongoImport(env);
}

/** A line for every so many records. */
function progress({ print }: Session): (recordsDone: number) => void {
  let next = PROGRESS_STEP;
  return (recordsDone) => {
    if (recordsDone < next) return;
    next = recordsDone - (recordsDone % PROGRESS_STEP) + PROGRESS_STEP;
    print.note(`${String(recordsDone)} records done`);
  };
}

function show({ print }: Session, report: ImportReport): void {
  const rows = (['accounts', 'tokens', 'audit_logs'] as const).map((name) => ({ name, ...report[name] }));
  print.table(report, COLUMNS, rows, '');
  for (const { collection, id, field, reason } of report.problems) {
    print.note(`${collection} ${id}: ${field} ${reason}`);
  }
  if (report.problemsOmitted > 0) print.note(`and ${String(report.problemsOmitted)} more`);
  if (report.dryRun) print.note('dry run: nothing was written');
  const left = report.problems.length + report.problemsOmitted;
  if (left > 0) throw new CliError(`${String(left)} records could not be taken over`, EXIT.refused);
}
