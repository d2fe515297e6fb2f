import { expect, it } from 'vitest'
import { runbookFindings } from './runbooks.ts'

const rule = { alert: 'Away', annotations: { runbook_url: 'docs/runbooks/Away.md' } }

it('finds nothing where each alert has its page, and each page its alert', () => {
  expect(runbookFindings([rule], ['Away.md', 'README.md'], 'see [Away](Away.md)', ['Away'])).toEqual([])
})

it('finds an alert without a page, with another link, and missing in the index', () => {
  const other = { alert: 'Late', annotations: { runbook_url: 'docs/runbooks/Away.md' } }
  const findings = runbookFindings([rule, other], ['Away.md', 'README.md'], 'see [Away](Away.md)', [])
  expect(findings.map(({ path }) => path)).toEqual([
    'helm/parley/alerts.yaml',
    'docs/runbooks/Late.md',
    'docs/runbooks/README.md',
  ])
})

it('finds a page and a link without an alert', () => {
  const findings = runbookFindings([rule], ['Away.md', 'Gone.md', 'README.md'], 'see [Away](Away.md)', ['Gone'])
  expect(findings.map(({ path }) => path)).toEqual(['docs/runbooks/Gone.md', 'deploy/dashboards'])
})
