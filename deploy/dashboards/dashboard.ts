import { grafanaPanel, type Panel } from './panel.ts'

/** Panels beside each other under one heading. */
export interface Row {
  readonly title: string
  /** Of each panel: of 24 columns, and of lines of about 30 pixels. */
  readonly width: number
  readonly height: number
  readonly panels: readonly Panel[]
}

/** A page of panels, in the words of its author. */
export interface Dashboard {
  /** Part of its address in Grafana, and the name of its file. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly rows: readonly Row[]
}

const columns = 24
/** That of Grafana 12; later ones bring it up to date when they load it. */
const schemaVersion = 41

/** The dashboard as Grafana reads it (its classic model). */
export function grafanaDashboard({ name, title, description, rows }: Dashboard): object {
  const panels: object[] = []
  let y = 0
  for (const { title: heading, width, height, panels: ofRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: heading,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    })
    y += 1
    const perLine = Math.floor(columns / width)
    for (const [at, panel] of ofRow.entries()) {
      const place = { x: (at % perLine) * width, y: y + Math.floor(at / perLine) * height, w: width, h: height }
      panels.push(grafanaPanel(panel, panels.length + 1, place))
    }
    y += Math.ceil(ofRow.length / perLine) * height
  }
  return {
    uid: name,
    title,
    description,
    tags: ['parley'],
    timezone: 'browser',
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    schemaVersion,
    time: { from: 'now-3h', to: 'now' },
    timepicker: {},
    annotations: { list: [firingAlerts] },
    links: [
      {
        title: 'Parley',
        type: 'dashboards',
        tags: ['parley'],
        icon: 'external link',
        tooltip: '',
        url: '',
        asDropdown: true,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    templating: { list: variables },
    panels,
  }
}

const prometheus = { type: 'prometheus', uid: `\${datasource}` }

/** When alerts fired, across all panels. */
const firingAlerts = {
  name: 'Alerts',
  datasource: prometheus,
  enable: true,
  hide: false,
  iconColor: 'red',
  expr: 'ALERTS{alertname=~"Parley.*", alertstate="firing"}',
}

const variables = [
  {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    hide: 0,
    skipUrlSync: false,
    current: { text: '', value: '' },
    options: [],
    multi: false,
    includeAll: false,
    refresh: 1,
    regex: '',
  },
  labelVariable('site', 'Site', 'label_values(parley_build_info, site)'),
  labelVariable('pod', 'Pod', 'label_values(parley_build_info{site=~"$site"}, pod)'),
  { name: 'runbooks', label: 'Runbooks', type: 'constant', query: 'docs/runbooks', hide: 2, skipUrlSync: true },
]

function labelVariable(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: prometheus,
    query,
    hide: 0,
    skipUrlSync: false,
    current: { text: 'All', value: '$__all' },
    options: [],
    multi: true,
    includeAll: true,
    // NOTE: also the processes without such a label, as in a plain Prometheus.
    allValue: '.*',
    refresh: 2,
    regex: '',
    sort: 1,
  }
}
