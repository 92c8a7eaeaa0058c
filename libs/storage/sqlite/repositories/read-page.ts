import type { Page, PageRequest } from '@tollgate/domain';
import type { SqliteReader } from '../sqlite-reader';

/** A list as SQL; every text in it is fixed, values come as named parameters. */
export interface ListQuery<Row, Item> {
  readonly columns: string;
  readonly table: string;
  /** Joined by AND; none means every row. */
  readonly conditions: readonly string[];
  readonly orderBy: string;
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly toItem: (row: Row) => Item;
}

/** Reads a page and the total from one state of the database. */
export function readPage<Row, Item>(
  reader: SqliteReader,
  query: ListQuery<Row, Item>,
  { limit, offset }: PageRequest,
): Page<Item> {
  const where = query.conditions.length === 0 ? '' : `WHERE ${query.conditions.join(' AND ')}`;
  const select = `SELECT ${query.columns} FROM ${query.table} ${where} ORDER BY ${query.orderBy} LIMIT @limit OFFSET @offset`;
  const count = `SELECT count(*) AS total FROM ${query.table} ${where}`;
  return reader.snapshot(() => {
    const rows = reader.all(select, { ...query.parameters, limit, offset }) as Row[];
    const { total } = reader.get(count, query.parameters) as { total: number };
    return { items: rows.map(query.toItem), total };
  });
}
