import { describe, expect, it } from 'vitest'
import {
  clocks,
  downloadAddresses,
  environment,
  fileNames,
  longFiles,
  machinePaths,
  namelessFiles,
  skippedTests,
  sleepingTests,
  starExports,
  stopwatches,
} from './forbidden.ts'

const lines = (findings: readonly { line?: number }[]) => findings.map(({ line }) => line)

describe('forbidden things', () => {
  it('finds the clock and random numbers outside of their ports', () => {
    const text = ['const a = 1', 'const b = Date.now()', 'new Date()', 'x = Math.random', 'new Date(5)'].join('\n')
    expect(lines(clocks({ path: 'packages/home/src/a.ts', text }))).toEqual([2, 3, 4])
    for (const path of [
      'packages/domain/src/clock.ts',
      'packages/server/src/main.ts',
      'packages/bench/src/a.ts',
      '.ci/a.ts',
    ])
      expect(clocks({ path, text })).toEqual([])
  })

  it('does not take a comment for code', () => {
    const text = '// Date.now() is banned\n/* Date.now() */\n * Date.now()\nrun() // not Date.now()\n'
    expect(clocks({ path: 'packages/home/src/a.ts', text })).toEqual([])
  })

  it('finds stopwatches outside of the bench and of the clock', () => {
    const text = 'performance.now()'
    expect(lines(stopwatches({ path: 'packages/server/src/a.ts', text }))).toEqual([1])
    for (const path of ['packages/bench/src/a.ts', 'packages/domain/src/clock.ts'])
      expect(stopwatches({ path, text })).toEqual([])
  })

  it('finds readers of the environment', () => {
    const text = 'const home = process.env["HOME"]'
    expect(lines(environment({ path: 'packages/http/src/a.ts', text }))).toEqual([1])
    expect(environment({ path: 'packages/server/src/a.ts', text })).toEqual([])
  })

  it('finds tests that do not run', () => {
    const text = [
      'it.skip(1)',
      'describe.only(1)',
      'it.todo(1)',
      'it.concurrent.skip(1)',
      'it(1)',
      'test.each(1)',
    ].join('\n')
    expect(lines(skippedTests({ path: 'packages/home/src/a.test.ts', text }))).toEqual([1, 2, 3, 4])
    expect(skippedTests({ path: 'packages/home/src/a.ts', text })).toEqual([])
  })

  it('finds tests that sleep', () => {
    const text = [
      'await new Promise((resolve) => setTimeout(resolve, 5))',
      "import { setTimeout } from 'node:timers/promises'",
      'const deadline = setTimeout(() => reject(late), 5_000)',
      'clock.after(5, go)',
    ].join('\n')
    expect(lines(sleepingTests({ path: 'packages/home/tests/a.ts', text }))).toEqual([1, 2])
    expect(lines(sleepingTests({ path: 'test-e2e/a.test.ts', text }))).toEqual([1, 2])
    expect(sleepingTests({ path: 'packages/home/src/a.ts', text })).toEqual([])
  })

  it('finds paths of one machine, in comments too', () => {
    const [work, farm] = [`/${'work'}/`, `/${'farm'}/`]
    const text = `# see ${work}shared\n.data${work}\n/home${work}\n"${farm}x"`
    expect(lines(machinePaths({ path: 'README.md', text }))).toEqual([1, 4])
  })

  it('finds download addresses in lock files', () => {
    const text = '"resolved": "https://registry.example/x.tgz"\ntarball: https://x\nintegrity: sha512'
    expect(lines(downloadAddresses({ path: '.tools/package-lock.json', text }))).toEqual([1, 2])
    expect(downloadAddresses({ path: 'docs/a.md', text })).toEqual([])
  })

  it('finds files over 400 lines', () => {
    expect(longFiles({ path: 'packages/a/src/a.ts', text: 'x\n'.repeat(401) })).toHaveLength(1)
    expect(longFiles({ path: 'packages/a/src/a.ts', text: 'x\n'.repeat(400) })).toEqual([])
    expect(longFiles({ path: 'docs/protocol/coverage.tsv', text: 'x\n'.repeat(401) })).toEqual([])
  })

  it('finds star exports', () => {
    const text = "export * from './a.ts'\nexport { a } from './a.ts'\nexport * as b from './b.ts'"
    expect(lines(starExports({ path: 'packages/a/src/index.ts', text }))).toEqual([1, 3])
  })

  it('finds files without a concept', () => {
    for (const path of ['packages/a/src/utils.ts', 'packages/a/src/helper.ts', 'packages/a/src/types.test.ts'])
      expect(namelessFiles({ path, text: '' })).toHaveLength(1)
    expect(namelessFiles({ path: 'packages/a/src/mime-types.ts', text: '' })).toEqual([])
  })

  it('finds names that are not kebab-case', () => {
    expect(fileNames({ path: 'packages/a/src/hopCount.ts', text: '' })).toHaveLength(1)
    expect(fileNames({ path: 'packages/a/src/hop-count.test.ts', text: '' })).toEqual([])
  })
})
