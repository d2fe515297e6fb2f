import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../helm/parley/dashboards')

interface StoredPanel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

/** A query of a panel, as Grafana would send it with nothing chosen. */
export interface PanelQuery {
  readonly dashboard: string
  readonly panel: string
  readonly expression: string
}

/** Files of all dashboards. */
export const dashboardPaths: readonly string[] = readdirSync(folder).map((name) => join(folder, name))

/** Every query of every dashboard. */
export function panelQueries(): readonly PanelQuery[] {
  return dashboardPaths.flatMap((path) => {
    const { uid, panels } = JSON.parse(readFileSync(path, 'utf8')) as { uid: string; panels: readonly StoredPanel[] }
    return panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ dashboard: uid, panel: title, expression: withValues(expr) })),
    )
  })
}

/** NOTE: `$__rate_interval` is at least four times the time between two scrapes. */
function withValues(expression: string): string {
  return expression.replaceAll('$__rate_interval', '10s').replaceAll(/\$(?:site|pod)\b/g, '.*')
}

/** Names of metrics that are ours, Node's or a process's, in expressions of PromQL. */
export function metricsIn(expressions: readonly string[]): readonly string[] {
  const names = expressions.flatMap((expression) => expression.match(/\b(?:parley|process|nodejs)_[a-z0-9_]+/g) ?? [])
  return [...new Set(names)].sort()
}
