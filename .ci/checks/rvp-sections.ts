/** Every section that is cited exists: `RVP §5.1`, `client-facts §1.2`, `client-facts §5, 17`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientFactsSections, referenceTexts, rvpSections, type Section } from './reference-text.ts'
import { type Finding, lineOf, readProject, report, root, type SourceFile } from './source-file.ts'
import { readTable, writeTable } from './tsv.ts'

const columns = ['text', 'number', 'title'] as const
const requirementCount = 46

/** The committed list of headings, so that a clone without the texts can check its citations. */
export const sectionIndexPath = 'docs/protocol/rvp-sections.tsv'

/** One citation; `requirement` is the number after the section, as in `client-facts §5, 17`. */
export interface Citation {
  readonly text: 'RVP' | 'client-facts'
  readonly section: string
  readonly requirement?: number
  readonly line: number
}

/** All citations in `text`: a list such as `RVP §9.1.5 to §9.1.11, §8` counts whole, up to the next text's name. */
export function readCitations(text: string): Citation[] {
  const citations: Citation[] = []
  const list =
    /\b(RVP|client-facts(?:\.md)?) (§\d+(?:\.\d+)*(?:(?:,| and| or| to|,? \d{1,3},) (?:§\d+(?:\.\d+)*|\d{1,2}\b(?![.§]))(?:\.\d+)*)*)/g
  for (const match of text.matchAll(list)) {
    const source = match[1]?.startsWith('client') ? 'client-facts' : 'RVP'
    const line = lineOf(text, match.index)
    let section = ''
    let before = ''
    for (const [, word, sign, number = ''] of (match[2] ?? '').matchAll(/(?:\b(to) )?(§?)(\d+(?:\.\d+)*)/g)) {
      const numbers = word === 'to' ? rangeOf(before, number) : [number]
      before = number
      if (sign) {
        section = number
        for (const each of numbers) citations.push({ text: source, section: each, line })
      } else if (source === 'client-facts' && section === '5') {
        for (const each of numbers) citations.push({ text: source, section, requirement: Number(each), line })
      }
    }
  }
  return citations
}

/** What follows `first` up to `last`, which differ in their last number only: 9.1.5 to 9.1.7 gives 9.1.6 and 9.1.7. */
function rangeOf(first: string, last: string): string[] {
  const [, prefix = '', from = ''] = /^(.*?)(\d+)$/.exec(first) ?? []
  const [, otherPrefix = '', to = ''] = /^(.*?)(\d+)$/.exec(last) ?? []
  const length = Number(to) - Number(from)
  if (prefix !== otherPrefix || length < 1 || length > 99) return [last]
  return Array.from({ length }, (_, index) => `${prefix}${Number(from) + index + 1}`)
}

/** Citations of sections that `index` does not have. */
export function checkCitations(
  files: readonly SourceFile[],
  index: readonly (Section & { text: string })[],
): Finding[] {
  const known = new Set(index.map(({ text, number }) => `${text} §${number}`))
  const findings: Finding[] = []
  for (const { path, text } of files) {
    if (!/^(?:packages|test-e2e|docs|README)/.test(path) || path === sectionIndexPath) continue
    for (const { text: source, section, requirement, line } of readCitations(text)) {
      const cited = `${source} §${section}`
      if (!known.has(cited)) findings.push({ path, line, message: `${cited} does not exist` })
      else if (requirement !== undefined && (requirement < 1 || requirement > requirementCount))
        findings.push({ path, line, message: `client-facts has no requirement ${requirement}` })
    }
  }
  return findings
}

/** Reads the committed list of headings. */
export function readSectionIndex(files: readonly SourceFile[]): (Section & { text: string })[] {
  const file = files.find(({ path }) => path === sectionIndexPath)
  return file ? readTable(file.text, columns) : []
}

function indexOfTexts({ rvp, clientFacts }: { rvp: string; clientFacts: string }): string {
  const rows = [
    ...rvpSections(rvp).map((section) => ({ text: 'RVP', ...section })),
    ...clientFactsSections(clientFacts).map((section) => ({ text: 'client-facts', ...section })),
  ]
  return writeTable(rows, columns)
}

if (import.meta.main) {
  const texts = referenceTexts()
  if (process.argv.includes('--write') && texts) writeFileSync(join(root, sectionIndexPath), indexOfTexts(texts))
  const files = readProject()
  const committed = files.find(({ path }) => path === sectionIndexPath)?.text
  const stale = texts !== undefined && committed !== indexOfTexts(texts)
  report([
    ...(stale ? [{ path: sectionIndexPath, message: 'is not what the texts say: run "npm run generate"' }] : []),
    ...checkCitations(files, readSectionIndex(files)),
  ])
}
