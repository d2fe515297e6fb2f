import { describe, expect, it } from 'vitest'
import { countTests } from './test-counts.ts'

const report = (passed: number, total: number, testResults: unknown[] = []) =>
  JSON.stringify({ numPassedTests: passed, numTotalTests: total, testResults })

describe('counts of tests', () => {
  it('are what vitest reports', () => {
    expect(countTests(report(5, 5))).toEqual({ passed: 5, failed: 0 })
  })

  it('take a test that did not run for failed', () => {
    expect(countTests(report(4, 6))).toEqual({ passed: 4, failed: 2 })
  })

  it('take a file that did not load for one failure', () => {
    const files = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [{}] },
    ]
    expect(countTests(report(2, 3, files))).toEqual({ passed: 2, failed: 2 })
  })
})
