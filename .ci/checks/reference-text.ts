import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source-file.ts'

/** A numbered heading. */
export interface Section {
  readonly number: string
  readonly title: string
}

// The texts may not be part of the project; where they lie beside it, what is cited is compared with them.
const folder = join(root, '..', 'shared', 'reference')

/** The RVP text and the facts about its clients; undefined where they are not at hand. */
export function referenceTexts(): { readonly rvp: string; readonly clientFacts: string } | undefined {
  const rvp = join(folder, 'RVP_specification.txt')
  const clientFacts = join(folder, 'client-facts.md')
  if (!existsSync(rvp) || !existsSync(clientFacts)) return undefined
  return { rvp: readFileSync(rvp, 'utf8'), clientFacts: readFileSync(clientFacts, 'utf8') }
}

/** The headings of the RVP text, which stand at its left margin of seven spaces; its table of contents is left out. */
export function rvpSections(text: string): Section[] {
  const sections: Section[] = []
  for (const [, number = '', title = ''] of text.matchAll(/^ {7}(\d+(?:\.\d+)*)\.? +(\S.*?)\s*$/gm))
    sections.push({ number: number.replace(/\.0$/, ''), title: title.replace(/\.$/, '') })
  return sections
}

/** The headings of client-facts. */
export function clientFactsSections(text: string): Section[] {
  const sections: Section[] = []
  for (const [, number = '', title = ''] of text.matchAll(/^##+ (\d+(?:\.\d+)*)\.? +(.+?)\s*$/gm))
    sections.push({ number, title: title.replace(/ \[.*\]$/, '') })
  return sections
}

/** The numbers of the requirements of client-facts §5. */
export function requirementNumbers(text: string): number[] {
  const section = text.slice(text.indexOf('\n## 5.'), text.indexOf('\n## 6.'))
  return section
    .matchAll(/^(\d+)\. /gm)
    .map(([, number]) => Number(number))
    .toArray()
}
