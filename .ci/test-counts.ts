import { existsSync, readFileSync } from 'node:fs'

/** How many passed and failed. */
export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** The counts of a report of vitest's JSON reporter. A file that did not load, and a test that did not run, has failed. */
export function countTests(report: string): Counts {
  const { numPassedTests, numTotalTests, testResults } = JSON.parse(report)
  const broken = testResults.filter(
    ({ status, assertionResults }: { status: string; assertionResults: unknown[] }) =>
      status === 'failed' && assertionResults.length === 0,
  ).length
  return { passed: numPassedTests, failed: numTotalTests - numPassedTests + broken }
}

/** The counts of the report in `file`; no report is one failure. */
export function readCounts(file: string): Counts {
  return existsSync(file) ? countTests(readFileSync(file, 'utf8')) : { passed: 0, failed: 1 }
}
