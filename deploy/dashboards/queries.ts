/** What the variables of a dashboard leave of all processes. */
export const chosen = 'site=~"$site", pod=~"$pod"'

/** The time over which Grafana counts for one point. */
const window = '$__rate_interval'

/** A metric of the chosen processes; `labels` as in PromQL. */
export function of(metric: string, labels = ''): string {
  return `${metric}{${[chosen, labels].filter(Boolean).join(', ')}}`
}

/** How much a counter grows in a second. */
export function rate(metric: string, labels = ''): string {
  return `rate(${of(metric, labels)}[${window}])`
}

/** `expression`, of processes of one role only. */
export function ofRole(role: 'router' | 'home' | 'sync', expression: string): string {
  return `${expression} * on (job, instance) group_left () ${of('parley_build_info', `role="${role}"`)}`
}

/** The share of `part` in `whole`; nothing while there is nothing to share. */
export function share(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / (${whole} > 0)`
}

/** How long the quickest `quantile` of requests took at most. */
export function latency(quantile: number, role: 'router' | 'home', labels = ''): string {
  const buckets = ofRole(role, rate('parley_request_duration_seconds_bucket', labels))
  return `histogram_quantile(${quantile}, sum by (le) (${buckets}))`
}
