import type { Row } from './dashboard.ts'
import type { Panel } from './panel.ts'
import { of, ofRole, rate } from './queries.ts'

const legend = '{{pod}} {{instance}}'

/** What shows of the processes of a role themselves. */
export function processPanels(role: 'router' | 'home' | 'sync'): Row {
  return {
    title: 'Processes',
    width: 6,
    height: 7,
    panels: [
      {
        kind: 'timeseries',
        title: 'Processor',
        description: 'Cores in use. Each process has one for its own work; a little more goes to passwords and TLS.',
        queries: [{ expression: ofRole(role, rate('process_cpu_seconds_total')), legend }],
      },
      {
        kind: 'timeseries',
        title: 'Memory',
        description: 'Resident memory, of what the container or the machine has.',
        unit: 'percentunit',
        queries: [
          {
            expression: ofRole(
              role,
              `(${of('process_resident_memory_bytes')} / on (job, instance) group_left () ${of('parley_memory_limit_bytes')})`,
            ),
            legend,
          },
        ],
        steps: [
          [null, 'green'],
          [0.9, 'red'],
        ],
        alert: 'ParleyMemoryNearLimit',
      },
      {
        kind: 'timeseries',
        title: 'Event loop lag',
        description: 'How far it is behind with its work, at worst of a hundred times.',
        unit: 's',
        queries: [{ expression: ofRole(role, of('nodejs_eventloop_lag_p99_seconds')), legend }],
        steps: [
          [null, 'green'],
          [0.25, 'red'],
        ],
        alert: 'ParleyEventLoopLags',
      },
      {
        kind: 'timeseries',
        title: 'File descriptors',
        description: 'Of those that it may have; a connection is one.',
        unit: 'percentunit',
        queries: [{ expression: ofRole(role, `(${of('process_open_fds')} / ${of('process_max_fds')})`), legend }],
        steps: [
          [null, 'green'],
          [0.8, 'red'],
        ],
        alert: 'ParleyFilesRunOut',
      },
      {
        kind: 'timeseries',
        title: 'Time since the start',
        description: 'Saw teeth are a process that ends again and again.',
        unit: 's',
        queries: [{ expression: `time() - ${ofRole(role, of('process_start_time_seconds'))}`, legend }],
        alert: 'ParleyProcessRestarts',
      },
      ...(role === 'sync' ? [] : [failures(role)]),
      {
        kind: 'timeseries',
        title: 'Certificates',
        description: 'How long the certificates are valid that processes have read.',
        unit: 's',
        queries: [
          {
            expression: ofRole(role, `(${of('parley_certificate_expiry_timestamp_seconds')} - time())`),
            legend: '{{setting}} {{instance}}',
          },
        ],
        alert: 'ParleyCertificateExpires',
      },
      {
        kind: 'timeseries',
        title: 'Versions',
        description: 'How many processes run which version: two colours are an upgrade under way.',
        queries: [
          { expression: `count by (version) (${of('parley_build_info', `role="${role}"`)})`, legend: '{{version}}' },
        ],
        isStacked: true,
      },
    ],
  }
}

function failures(role: 'router' | 'home'): Panel {
  return {
    kind: 'timeseries',
    title: 'Failures that nobody foresaw',
    description: 'Answers 500, and work in the background that failed.',
    unit: 'ops',
    queries: [
      { expression: ofRole(role, rate('parley_background_failures_total')), legend: `background ${legend}` },
      {
        expression: `sum by (pod, instance) (${ofRole(role, rate('parley_requests_total', 'status="500", method!="NOTIFY"'))})`,
        legend: `500 ${legend}`,
      },
    ],
    alert: 'ParleyInternalErrors',
  }
}
