/** A table of tab-separated values with a line of column names; cells hold neither tabs nor line ends. */
export type Row<Column extends string> = Readonly<Record<Column, string>>

/** Reads a table; throws when its columns are not `columns` in this order, or a line has another number of cells. */
export function readTable<Column extends string>(text: string, columns: readonly Column[]): Row<Column>[] {
  const [head, ...lines] = text.replace(/\n$/, '').split('\n')
  if (head !== columns.join('\t')) throw new Error(`the columns must be: ${columns.join(', ')}`)
  return lines.map((line, index) => {
    const cells = line.split('\t')
    if (cells.length !== columns.length) throw new Error(`line ${index + 2} has ${cells.length} cells`)
    return Object.fromEntries(columns.map((column, place) => [column, cells[place] ?? ''])) as Row<Column>
  })
}

/** Writes a table so that `readTable` reads it. */
export function writeTable<Column extends string>(rows: readonly Row<Column>[], columns: readonly Column[]): string {
  const lines = rows.map((row) => columns.map((column) => row[column].replace(/[\t\n]+/g, ' ')).join('\t'))
  return `${[columns.join('\t'), ...lines].join('\n')}\n`
}
