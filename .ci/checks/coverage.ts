/**
 * docs/protocol/coverage.tsv: what each section of the RVP text demands, how far we are, and which tests say so; and
 * requirements.tsv, the same for the requirements of client-facts §5. People write every column but `title` and `tests`;
 * `--write` fills these in. `--require-all` fails for a requirement without a test, else it is only listed.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCitations, readSectionIndex } from './rvp-sections.ts'
import { type Finding, readProject, report, root, type SourceFile } from './source-file.ts'
import { readTestTitles, showTests, type TestTitle } from './test-titles.ts'
import { type Row, readTable, writeTable } from './tsv.ts'

const coveragePath = 'docs/protocol/coverage.tsv'
const coverageColumns = ['section', 'title', 'demand', 'state', 'tests', 'note'] as const
const requirementsPath = 'docs/protocol/requirements.tsv'
const requirementColumns = ['number', 'requirement', 'tests'] as const
const states = ['done', 'partly', 'not', 'none']

type CoverageRow = Row<(typeof coverageColumns)[number]>
type RequirementRow = Row<(typeof requirementColumns)[number]>

/** Fills in titles and tests; a section that has no row yet gets one. */
export function fillCoverage(
  rows: readonly CoverageRow[],
  sections: readonly { readonly number: string; readonly title: string }[],
  tests: readonly TestTitle[],
): CoverageRow[] {
  return sections.map(({ number, title }) => {
    const row = rows.find(({ section }) => section === number)
    const citing = tests.filter((test) =>
      readCitations(test.title).some(({ text, section }) => text === 'RVP' && section === number),
    )
    const kept = row ?? { demand: '', state: 'not', note: '' }
    return { section: number, title, demand: kept.demand, state: kept.state, tests: showTests(citing), note: kept.note }
  })
}

/** What is wrong with rows that are filled in. */
export function checkCoverage(rows: readonly CoverageRow[]): Finding[] {
  return rows.flatMap(({ section, demand, state, tests, note }) => {
    const wrong: string[] = []
    if (!states.includes(state)) wrong.push(`the state is one of ${states.join(', ')}`)
    if (demand === '') wrong.push('what does it demand?')
    if (state === 'done' && tests === '') wrong.push('is done, but no test cites it')
    if ((state === 'partly' || state === 'not') && note === '') wrong.push(`is ${state}: what is open, and why?`)
    return wrong.map((message) => ({ path: coveragePath, message: `RVP §${section}: ${message}` }))
  })
}

/** Fills in the tests whose titles hold the requirement's number, such as `[R17]`. */
export function fillRequirements(rows: readonly RequirementRow[], tests: readonly TestTitle[]): RequirementRow[] {
  return rows.map((row) => ({
    ...row,
    tests: showTests(tests.filter(({ title }) => title.includes(`[R${row.number}]`))),
  }))
}

/** What is wrong with the requirements: numbers that are not 1 to 46 in order, unknown ones in titles. */
export function checkRequirements(rows: readonly RequirementRow[], tests: readonly TestTitle[]): Finding[] {
  const findings: Finding[] = []
  if (rows.length !== 46 || rows.some(({ number }, index) => number !== `${index + 1}`))
    findings.push({ path: requirementsPath, message: 'the numbers are not 1 to 46' })
  for (const { path, title } of tests)
    for (const [mark, number] of title.matchAll(/\[R(\d+)\]/g))
      if (!rows.some((row) => row.number === number))
        findings.push({ path, message: `${mark} does not exist: ${title}` })
  return findings
}

/** Requirements that no test names. */
export function untested(rows: readonly RequirementRow[]): Finding[] {
  return rows
    .filter(({ tests }) => tests === '')
    .map(({ number, requirement }) => ({ path: requirementsPath, message: `[R${number}] has no test: ${requirement}` }))
}

function textOf(files: readonly SourceFile[], path: string, columns: readonly string[]): string {
  return files.find((file) => file.path === path)?.text ?? `${columns.join('\t')}\n`
}

function main(options: readonly string[]): Finding[] {
  const files = readProject()
  const tests = readTestTitles(files)
  const sections = readSectionIndex(files).filter(({ text }) => text === 'RVP')
  const coverageText = textOf(files, coveragePath, coverageColumns)
  const requirementsText = textOf(files, requirementsPath, requirementColumns)
  const coverage = fillCoverage(readTable(coverageText, coverageColumns), sections, tests)
  const requirements = fillRequirements(readTable(requirementsText, requirementColumns), tests)

  const findings = [...checkCoverage(coverage), ...checkRequirements(requirements, tests)]
  for (const [path, found, made] of [
    [coveragePath, coverageText, writeTable(coverage, coverageColumns)],
    [requirementsPath, requirementsText, writeTable(requirements, requirementColumns)],
  ] as const) {
    if (options.includes('--write')) writeFileSync(join(root, path), made)
    else if (found !== made) findings.push({ path, message: 'is out of date: run "npm run generate" and commit it' })
  }
  const missing = untested(requirements)
  if (options.includes('--require-all')) findings.push(...missing)
  else for (const { message } of missing) console.log(message)
  return findings
}

if (import.meta.main) report(main(process.argv.slice(2)))
