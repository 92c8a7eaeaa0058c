/**
 * A Markdown table that is also readable as it is.
 * @param {[string, (row: any) => string][]} columns heads, and what of a row stands under them; all but the first to the right
 * @param {any[]} rows
 */
export function grid(columns, rows) {
  const cells = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, index) => Math.max(3, ...cells.map((line) => line[index].length)));
  const line = (values) => `| ${values.map((value, index) => pad(value, widths[index], index)).join(' | ')} |`;
  const [head, ...body] = cells;
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...body.map(line)].join('\n');
}

function pad(value, width, index) {
  return index === 0 ? value.padEnd(width) : value.padStart(width);
}
