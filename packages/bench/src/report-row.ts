import type { ProcessorShares } from './processor-time.ts'

/** One line of the result. */
export interface ReportRow {
  readonly workload: string
  readonly figure: number
  readonly unit: string
  /** What the workload's issue demands; absent where it demands nothing. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number }
  readonly shares?: ProcessorShares
  /** What a reader must know to judge the figure. */
  readonly note?: string
}

/** A measurement; `name` is what `--only` takes. */
export interface Workload<Settings> {
  readonly name: string
  /** Whose bars it measures: those of one office in one process, of a cluster, of a directory, or of what runs in Kubernetes. */
  readonly issue: 2 | 3 | 4 | 5
  run(settings: Settings): Promise<readonly ReportRow[]>
}

/** Whether the figure reaches its bar; undefined without one. */
export function isMet({ figure, bar }: ReportRow): boolean | undefined {
  if (!bar) return undefined
  return 'atLeast' in bar ? figure >= bar.atLeast : figure <= bar.atMost
}
