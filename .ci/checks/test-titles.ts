import type { SourceFile } from './source-file.ts'

/** The title of a test or a group of tests. */
export interface TestTitle {
  readonly path: string
  readonly title: string
}

/** Titles of all tests, groups included, in the order of the files' names. */
export function readTestTitles(files: readonly SourceFile[]): TestTitle[] {
  const tests = files.filter(({ path }) => /^(?:packages|test-e2e)\/.*\.ts$/.test(path) && mayHoldTests(path))
  tests.sort((a, b) => (a.path < b.path ? -1 : 1))
  return tests.flatMap(({ path, text }) =>
    text
      .matchAll(
        /^[ \t]*(?:describe|it|test)(?:\.[a-z]+)*(?:\((?:(?!['"`]).)*\))?\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gms,
      )
      .map(([, , title = '']) => ({ path, title: title.replace(/\\(.)/g, '$1').replace(/\s+/g, ' ') }))
      .toArray(),
  )
}

/** Shows where tests are: each file once, with the beginnings of its titles; no more than six titles in all. */
export function showTests(titles: readonly TestTitle[]): string {
  const shown = titles.slice(0, 6)
  const byFile = Map.groupBy(shown, ({ path }) => path)
  const files = [...byFile].map(([path, group]) => `${path}: ${group.map(({ title }) => beginning(title)).join(' | ')}`)
  if (titles.length > shown.length) files.push(`and ${titles.length - shown.length} more`)
  return files.join('; ')
}

function beginning(whole: string): string {
  // What `describe.each` adds differs from run to run.
  const title = whole.replace(/: \$\w+$/, '')
  return title.length > 60 ? `${title.slice(0, 59).trimEnd()}…` : title
}

function mayHoldTests(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test-e2e/') || /\/(?:tests|contracts)\//.test(path)
}
