import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testPort } from '@parley/testkit'
import { z } from 'zod'
import { eventually } from '../cluster/eventually.ts'
import { createWorkFolder } from '../work-folder.ts'
import { rulesFile } from './promtool.ts'

const patienceMs = 20_000

/** What Prometheus is to read: one of our processes. */
export interface Target {
  readonly job: string
  readonly pod: string
  /** Where it answers /metrics. */
  readonly adminUrl: string
}

const samples = z.object({
  status: z.literal('success'),
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
})

const rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({ name: z.string(), state: z.string(), health: z.string(), lastError: z.string().optional() }),
        ),
      }),
    ),
  }),
})

/** What has become of a rule. */
export type RuleState = z.output<typeof rules>['data']['groups'][number]['rules'][number]

/** A real Prometheus on loopback, which reads targets each second and evaluates the rules of the chart. */
export class Prometheus implements AsyncDisposable {
  readonly #url: string
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #log: string[] = []

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.#url = url
    this.#child = child
    this.#folder = folder
    child.stderr?.on('data', (chunk: Buffer) => this.#log.push(chunk.toString()))
  }

  /** Resolves once it has read every target. */
  static async start(targets: readonly Target[]): Promise<Prometheus> {
    const folder = await createWorkFolder('prometheus')
    const port = await testPort()
    const jobs = targets.map(({ job, pod, adminUrl }) => ({
      targets: [new URL(adminUrl).host],
      labels: { job, pod, site: 'hq' },
    }))
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'parley', static_configs: jobs }],
    }
    const [file, data] = [join(folder, 'prometheus.yml'), join(folder, 'data')]
    await mkdir(data)
    // NOTE: JSON is YAML.
    await writeFile(file, JSON.stringify(config))
    const options = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ]
    const words = ['--pdeathsig', 'KILL', 'prometheus', ...options]
    const child = spawn('setpriv', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, child, folder)
    try {
      await prometheus.#eventually('Prometheus is ready', async () => (await fetch(`${prometheus.#url}/-/ready`)).ok)
      await prometheus.#eventually(
        'every target was read',
        async () => (await prometheus.query('up == 1')).length === targets.length,
      )
      return prometheus
    } catch (error) {
      await prometheus[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The samples that `expression` has now. Rejects when Prometheus cannot read it. */
  async query(
    expression: string,
  ): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]> {
    const response = await fetch(`${this.#url}/api/v1/query?${new URLSearchParams({ query: expression })}`)
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`${expression}: ${JSON.stringify(answer)}`)
    return samples
      .parse(answer)
      .data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }))
  }

  /** The rules, as last evaluated. */
  async rules(): Promise<readonly RuleState[]> {
    const answer: unknown = await (await fetch(`${this.#url}/api/v1/rules`)).json()
    return rules.parse(answer).data.groups.flatMap((group) => group.rules)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close')
      this.#child.kill('SIGKILL')
      await closed
    }
    await rm(this.#folder, { recursive: true })
  }

  async #eventually(what: string, question: () => Promise<boolean>): Promise<void> {
    await eventually(what, patienceMs, question, () => this.#log.join(''))
  }
}
