/** A query, and what its series are called. */
export interface Query {
  readonly expression: string
  /** With `{{label}}`s; what Grafana makes up when absent. */
  readonly legend?: string
}

/** A value from which on the colour holds; undefined for the lowest. */
export type Step = readonly [from: number | null, color: 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'text']

/** What a panel shows, in the words of its author; `grafanaPanel` makes Grafana's words of it. */
export interface Panel {
  readonly kind: 'stat' | 'timeseries' | 'state-timeline'
  readonly title: string
  /** What it tells, and from when on to worry. */
  readonly description: string
  /** Of Grafana's units, e.g. `reqps`, `s`, `percentunit`. */
  readonly unit?: string
  readonly queries: readonly Query[]
  readonly steps?: readonly Step[]
  /** Words for 0 and 1. */
  readonly words?: readonly [no: string, yes: string]
  /** Areas on top of each other, where the sum means something. */
  readonly isStacked?: boolean
  /** The alert that this panel belongs to: a link to its runbook. */
  readonly alert?: string
}

/** Where a panel is: of 24 columns. */
export interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

const datasource = { type: 'prometheus', uid: `\${datasource}` }

/** The panel as Grafana reads it. */
export function grafanaPanel(panel: Panel, id: number, gridPos: Place): object {
  const { kind, title, description, unit = 'short', queries, steps = [[null, 'green']], words, alert } = panel
  return {
    id,
    type: kind,
    title,
    description,
    datasource,
    gridPos,
    ...(alert !== undefined && { links: [runbook(alert)] }),
    targets: queries.map(({ expression, legend }, at) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + at),
      datasource,
      expr: expression,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(kind === 'stat' ? { instant: true, range: false } : { instant: false, range: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        ...(kind !== 'state-timeline' && { min: 0 }),
        thresholds: { mode: 'absolute', steps: steps.map(([value, color]) => ({ color, value })) },
        ...(words && { mappings: [mapping(words)] }),
        ...(kind === 'timeseries' && { custom: lines(panel) }),
        ...(kind === 'state-timeline' && { color: { mode: 'thresholds' }, custom: { fillOpacity: 80, lineWidth: 0 } }),
      },
      overrides: [],
    },
    options: options[kind],
  }
}

function runbook(alert: string): object {
  const url = `\${runbooks}/${alert}.md`
  return { title: `What to do: ${alert}`, type: 'link', url, icon: 'doc', tooltip: '', tags: [], targetBlank: true }
}

function lines({ isStacked = false, steps }: Panel): object {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: isStacked ? 40 : 10,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: steps ? 'line' : 'off' },
  }
}

function mapping([no, yes]: readonly [string, string]): object {
  return {
    type: 'value',
    options: { 0: { text: no, color: 'red', index: 0 }, 1: { text: yes, color: 'green', index: 1 } },
  }
}

const legend = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }
const tooltip = { mode: 'multi', sort: 'desc' }

const options: Readonly<Record<Panel['kind'], object>> = {
  stat: {
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    colorMode: 'background',
    graphMode: 'none',
    justifyMode: 'auto',
    orientation: 'auto',
    textMode: 'auto',
    wideLayout: true,
    showPercentChange: false,
    percentChangeColorMode: 'standard',
  },
  timeseries: { legend, tooltip },
  'state-timeline': {
    legend: { ...legend, showLegend: false },
    tooltip: { mode: 'single', sort: 'none' },
    mergeValues: true,
    showValue: 'never',
    alignValue: 'left',
    rowHeight: 0.9,
  },
}
