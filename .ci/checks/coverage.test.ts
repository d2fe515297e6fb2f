import { describe, expect, it } from 'vitest'
import { checkCoverage, checkRequirements, fillCoverage, fillRequirements, untested } from './coverage.ts'
import { readTestTitles, showTests } from './test-titles.ts'
import { readTable, writeTable } from './tsv.ts'

// NOTE: put together, so that it does not count as a citation itself.
const rvp = 'R' + 'VP'
const path = 'packages/home/src/a.test.ts'
const row = { section: '5.1', title: 'SUBSCRIBE', demand: 'make one', state: 'done', tests: '', note: '' }

describe('coverage of the RVP text', () => {
  it('finds the tests of a section, and adds sections that have no row', () => {
    const sections = [
      { number: '5.1', title: 'SUBSCRIBE' },
      { number: '5.2', title: 'UNSUBSCRIBE' },
    ]
    const tests = [
      { path, title: `SUBSCRIBE, ${rvp} §5.1` },
      { path, title: `leases, ${rvp} §5.1.2` },
    ]
    const filled = fillCoverage([{ ...row, title: 'old' }], sections, tests)
    expect(filled[0]).toEqual({ ...row, tests: `${path}: SUBSCRIBE, ${rvp} §5.1` })
    expect(filled[1]).toMatchObject({ section: '5.2', state: 'not', tests: '' })
  })

  it('finds done without a test, open without a note, and states that do not exist', () => {
    const messages = (change: Partial<typeof row>) =>
      checkCoverage([{ ...row, ...change }]).map(({ message }) => message)
    expect(messages({ tests: 'x' })).toEqual([])
    expect(messages({})).toEqual([expect.stringContaining('no test cites it')])
    expect(messages({ state: 'partly' })).toEqual([expect.stringContaining('is partly')])
    expect(messages({ state: 'not', note: 'later' })).toEqual([])
    expect(messages({ state: 'none' })).toEqual([])
    expect(messages({ state: 'maybe' })).toEqual([expect.stringContaining('the state is one of')])
    expect(messages({ tests: 'x', demand: '' })).toEqual([expect.stringContaining('what does it demand')])
  })
})

describe('requirements of the clients', () => {
  const rows = Array.from({ length: 46 }, (_, index) => ({ number: `${index + 1}`, requirement: 'x', tests: '' }))

  it('finds the tests that name a number, several in one title included', () => {
    const filled = fillRequirements(rows, [{ path, title: 'never chunks [R8] [R9]' }])
    expect(untested(filled)).toHaveLength(44)
    expect(filled[7]?.tests).toBe(`${path}: never chunks [R8] [R9]`)
    expect(filled[8]?.tests).toBe(filled[7]?.tests)
  })

  it('finds numbers that do not exist', () => {
    expect(checkRequirements(rows, [{ path, title: 'x [R47]' }])).toHaveLength(1)
    expect(checkRequirements(rows.slice(1), [])).toHaveLength(1)
    expect(checkRequirements(rows, [{ path, title: 'x [R46]' }])).toEqual([])
  })
})

describe('titles of tests', () => {
  it('are read from every form of test', () => {
    const text = [
      "describe('a group, with (brackets)', () => {",
      '  it("says \\"hello\\"", async () => {})',
      "  it.each([1, 2])('counts %s', () => {})",
      "  it(\n    'is on a line of its own',",
      '  it.each(rows)(`takes a template`, x)',
      "  const notOne = 'it'",
    ].join('\n')
    expect(readTestTitles([{ path, text }]).map(({ title }) => title)).toEqual([
      'a group, with (brackets)',
      'says "hello"',
      'counts %s',
      'is on a line of its own',
      'takes a template',
    ])
    expect(readTestTitles([{ path: 'packages/home/src/a.ts', text }])).toEqual([])
  })

  it('are shown by file, cut short, six at most', () => {
    const titles = Array.from({ length: 8 }, (_, index) => ({ path, title: `${index} ${'x'.repeat(80)}` }))
    const shown = showTests(titles)
    expect(shown.split(' | ')).toHaveLength(6)
    expect(shown).toMatch(/x…; and 2 more$/)
  })

  it('are shown without what differs from one run of a group to the next', () => {
    expect(showTests([{ path, title: 'what a server speaks: $deployment' }])).toBe(`${path}: what a server speaks`)
  })
})

describe('tables', () => {
  it('are written so that they can be read', () => {
    const rows = [{ a: '1', b: 'two\twords\n' }]
    const text = writeTable(rows, ['a', 'b'])
    expect(text).toBe('a\tb\n1\ttwo words \n')
    expect(readTable(text, ['a', 'b'])).toEqual([{ a: '1', b: 'two words ' }])
    expect(() => readTable('a\tc\n', ['a', 'b'])).toThrow(/columns/)
    expect(() => readTable('a\tb\n1\n', ['a', 'b'])).toThrow(/line 2/)
  })
})
