import { describe, expect, it } from 'vitest'
import { jsonLines, tableLines } from './text-table.ts'

const text = async (lines: AsyncIterable<string>) => (await Array.fromAsync(lines)).join('')

describe('a table', () => {
  it('is as wide as its cells, with a dash for what is empty', async () => {
    expect(
      await text(
        tableLines(
          ['NAME', 'MAIL'],
          [
            ['anna lind', ''],
            ['bo', 'bo@example.com'],
          ],
        ),
      ),
    ).toBe('NAME       MAIL\nanna lind  -\nbo         bo@example.com\n')
  })

  it('is nothing without rows', async () => {
    expect(await text(tableLines(['NAME'], []))).toBe('')
  })

  it('lets no cell reach out of its line', async () => {
    expect(await text(tableLines(['NAME'], [['a\u001b[2Jb\nc']]))).toBe('NAME\nab c\n')
  })

  it('begins before it knows all rows', async () => {
    const rows = function* () {
      for (;;) yield ['anna']
    }
    const lines = tableLines(['NAME'], rows())
    expect((await lines.next()).value).toMatch(/^NAME\nanna\n/)
    expect((await lines.next()).value).toBe('anna\n')
    await lines.return(undefined)
  })
})

describe('a JSON array', () => {
  it.each([[], [1], [{ a: 'b' }, { c: 'd' }]])('is one, a value a line', async (...values) => {
    const json = await text(jsonLines(values))
    expect(JSON.parse(json)).toEqual(values)
    expect(json.trimEnd().split('\n')).toHaveLength(values.length === 0 ? 1 : values.length + 2)
  })
})
