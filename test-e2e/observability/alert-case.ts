/** Samples of a series from minute 0 on, one a minute, in promtool's notation: `1+0x20` is 1 at 21 points, `_` is none. */
export type Series = Readonly<Record<string, string>>

/** When an alert fires, and what comes close to it and must leave everybody asleep. */
export interface AlertCase {
  readonly alert: string
  readonly severity: 'critical' | 'warning' | 'info'
  readonly fires: { readonly series: Series; readonly minute: number }
  readonly quiet: { readonly why: string; readonly series: Series; readonly minutes: readonly number[] }
}
