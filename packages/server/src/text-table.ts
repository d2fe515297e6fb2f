import { printableLine } from './chat/printable.ts'

const rowsMeasured = 500

/** Lines of a table, which may be endless: the columns are as wide as the first rows need. Values are made harmless for a terminal. */
export async function* tableLines(
  head: readonly string[],
  rows: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
): AsyncGenerator<string> {
  let widths: readonly number[] | undefined
  const first: (readonly string[])[] = [head]
  const measured = (): string => {
    widths = head.map((_, column) => Math.max(...first.map((row) => row[column]?.length ?? 0)))
    return first.map((row) => lineOf(row, widths ?? [])).join('')
  }
  for await (const row of rows) {
    const cells = row.map((cell) => printableLine(cell) || '-')
    if (widths) yield lineOf(cells, widths)
    else if (first.push(cells) > rowsMeasured) yield measured()
  }
  if (!widths && first.length > 1) yield measured()
}

function lineOf(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return `${cells.join('  ').trimEnd()}\n`
}

/** Lines of a JSON array, one value a line. */
export async function* jsonLines(values: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = '[\n  '
  for await (const value of values) {
    yield before + JSON.stringify(value)
    before = ',\n  '
  }
  yield before.startsWith(',') ? '\n]\n' : '[]\n'
}
