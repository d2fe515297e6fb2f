import { describe, expect, it } from 'vitest'
import { clientFactsSections, requirementNumbers, rvpSections } from './reference-text.ts'
import { checkCitations, readCitations } from './rvp-sections.ts'

// NOTE: put together, so that these do not count as citations themselves.
const rvp = 'R' + 'VP'
const facts = 'client' + '-facts'

const cited = (text: string) =>
  readCitations(text).map(({ text: source, section, requirement }) =>
    `${source} ${section} ${requirement ?? ''}`.trim(),
  )

describe('citations', () => {
  it('reads sections, lists, ranges and requirements', () => {
    expect(cited(`(${rvp} §5.1.2; ${facts} §5, 17)`)).toEqual(['RVP 5.1.2', 'client-facts 5', 'client-facts 5 17'])
    expect(cited(`${rvp} §9.1.5 to §9.1.8, and`)).toEqual(['RVP 9.1.5', 'RVP 9.1.6', 'RVP 9.1.7', 'RVP 9.1.8'])
    expect(cited(`${rvp} §5.4, §8, 412.`)).toEqual(['RVP 5.4', 'RVP 8'])
    expect(cited(`${facts} §5, 14 to 16 and 29 to 30`)).toEqual([
      'client-facts 5',
      ...[14, 15, 16, 29, 30].map((number) => `client-facts 5 ${number}`),
    ])
  })

  it('ends a sentence at its full stop', () => {
    expect(cited(`as ${rvp} §5.7.1. Then`)).toEqual(['RVP 5.7.1'])
  })

  it('leaves other texts alone', () => {
    expect(cited(`(${rvp} §8 names no code; RFC 9110 §15.5.1)`)).toEqual(['RVP 8'])
    expect(cited('RFC 5842 §7.2')).toEqual([])
  })

  it('finds sections and requirements that do not exist', () => {
    const index = [
      { text: 'RVP', number: '5.1', title: '' },
      { text: 'client-facts', number: '5', title: '' },
    ]
    const text = `${rvp} §5.1\n${rvp} §5.99\n${facts} §5, 46\n${facts} §5, 47\n`
    expect(checkCitations([{ path: 'packages/a/src/a.ts', text }], index)).toEqual([
      { path: 'packages/a/src/a.ts', line: 2, message: 'RVP §5.99 does not exist' },
      { path: 'packages/a/src/a.ts', line: 4, message: 'client-facts has no requirement 47' },
    ])
  })
})

describe('headings', () => {
  it('reads those of the RVP text, not its contents nor its return codes', () => {
    const text =
      '       5.1 SUBSCRIBE\n          5.1 SUBSCRIBE ..... 7\n       7.0 Headers\n       9. XML Type\n          302 Object moved\n'
    expect(rvpSections(text)).toEqual([
      { number: '5.1', title: 'SUBSCRIBE' },
      { number: '7', title: 'Headers' },
      { number: '9', title: 'XML Type' },
    ])
  })

  it('reads those of client-facts, and its requirements', () => {
    expect(clientFactsSections('## 1. librvp 0.9\n### 1.2 HTTP [W]\n')).toEqual([
      { number: '1', title: 'librvp 0.9' },
      { number: '1.2', title: 'HTTP' },
    ])
    expect(requirementNumbers('\n## 5. A server\n1. accept\n2. refuse\n\n## 6. x\n3. no\n')).toEqual([1, 2])
  })
})
