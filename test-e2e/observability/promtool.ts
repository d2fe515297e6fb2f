import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Series } from './alert-case.ts'

const run = promisify(execFile)

/** The rules of the chart. */
export const rulesFile = join(import.meta.dirname, '../../helm/parley/alerts.yaml')

/** What `expression` gives at some minutes; labels and value of each sample. */
export interface Expectation {
  readonly expression: string
  readonly minutes: readonly number[]
  readonly samples: readonly { readonly labels: string; readonly value: number }[]
}

/** Lets promtool look at the rules. Rejects with what it says. */
export async function checkRules(): Promise<string> {
  const { stdout } = await run('promtool', ['check', 'rules', rulesFile])
  return stdout
}

/** Lets promtool evaluate the rules over `series`, and compare. Rejects with what it says when something else comes out. */
export async function testRules(
  series: Series,
  expectations: readonly Expectation[],
  { intervalSeconds = 60 }: { readonly intervalSeconds?: number } = {},
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-promtool-'))
  try {
    const file = join(folder, 'test.json')
    const test = {
      interval: `${intervalSeconds}s`,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: expectations.flatMap(({ expression, minutes, samples }) =>
        minutes.map((minute) => ({ expr: expression, eval_time: `${minute}m`, exp_samples: samples })),
      ),
    }
    // NOTE: JSON is YAML.
    const content = { rule_files: [rulesFile], evaluation_interval: `${intervalSeconds}s`, tests: [test] }
    await writeFile(file, JSON.stringify(content))
    await run('promtool', ['test', 'rules', file])
  } finally {
    await rm(folder, { recursive: true })
  }
}
