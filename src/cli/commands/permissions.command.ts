import type { Command } from 'commander';
import type { PermissionCatalogue } from '@tollgate/client';
import type { CliContext } from '../cli-context';
import type { Column } from '../output/printer';
import { Session } from '../session';

type Permission = PermissionCatalogue['categories'][number]['permissions'][number];

const COLUMNS: readonly Column<Permission>[] = [
  ['SCOPE', (permission) => permission.scope],
  ['DESCRIPTION', (permission) => permission.description],
];

/** `tollgate permissions`: the well-known scopes. */
export function addPermissionsCommand(program: Command, context: CliContext): void {
  program
    .command('permissions')
    .description('well-known scopes; others of the form resource:action work too')
    .action(async (_options: object, command: Command) => {
      const session = new Session(context, command);
      const catalogue = await session.openClient().permissions();
      const permissions = catalogue.categories.flatMap((category) => category.permissions);
      session.print.table(catalogue, COLUMNS, permissions, 'no permissions');
    });
}
