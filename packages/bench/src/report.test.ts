import { describe, expect, it } from 'vitest'
import { performancePage } from './report.ts'

const row = (workload: string) => ({ workload, figure: 1, unit: 's' })
const facts = { machine: 'Monday; a machine.', seconds: 10, yardstick: undefined }
const first = performancePage(
  '',
  [
    { issue: 2, rows: [row('sign-in')] },
    { issue: 3, rows: [row('takeover')] },
  ],
  facts,
)

describe('the page of what was measured', () => {
  it('has a part for each issue that was measured, which says when and on what', () => {
    expect(first.match(/^## .*$/gm)).toEqual(['## One office in one process', '## A cluster', '## How to read this'])
    expect(first.match(/Monday; a machine\./g)).toHaveLength(2)
  })

  it('keeps what other runs have measured', () => {
    const second = performancePage(first, [{ issue: 3, rows: [row('fan-out')] }], { ...facts, machine: 'Tuesday.' })
    expect(second).toContain('| sign-in |')
    expect(second).toContain('| fan-out |')
    expect(second).not.toContain('| takeover |')
    expect(second.match(/^(?:Monday|Tuesday).*$/gm)).toEqual([
      'Monday; a machine. Windows of 10 s.',
      'Tuesday. Windows of 10 s.',
    ])
  })

  it('stays as it is when nothing was measured', () => {
    expect(performancePage(first, [], facts)).toBe(first)
  })
})
