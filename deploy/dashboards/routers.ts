import type { Dashboard } from './dashboard.ts'
import { processPanels } from './process-panels.ts'
import { latency, of, ofRole, rate } from './queries.ts'

/** Where clients connect. */
export const routers: Dashboard = {
  name: 'parley-routers',
  title: 'Parley: routers',
  description: 'Where clients connect, who signs in, and how requests find their homes.',
  rows: [
    {
      title: 'Clients',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests by method',
          description: 'A wave of SUBSCRIBE is everybody signing in again, after a network or a home was away.',
          unit: 'reqps',
          queries: [
            {
              expression: `sum by (method) (${ofRole('router', rate('parley_requests_total'))})`,
              legend: '{{method}}',
            },
          ],
          isStacked: true,
        },
        {
          kind: 'timeseries',
          title: 'Requests in flight',
          description: 'Taken and not answered yet: what routers are scaled by.',
          queries: [{ expression: ofRole('router', of('parley_requests_in_flight')), legend: '{{pod}} {{instance}}' }],
        },
        {
          kind: 'timeseries',
          title: 'Connections and streams',
          description: 'A stream is how our own client and browsers are reached; it also is a connection.',
          queries: [
            { expression: `sum(${ofRole('router', of('parley_connections'))})`, legend: 'connections' },
            { expression: `sum(${ofRole('router', of('parley_streams'))})`, legend: 'streams' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Time to answer SUBSCRIBE',
          description: 'Signing in and watching: what Redis and the directory take is in it.',
          unit: 's',
          queries: [
            { expression: latency(0.5, 'router', 'method="SUBSCRIBE"'), legend: 'half' },
            { expression: latency(0.99, 'router', 'method="SUBSCRIBE"'), legend: '99 of 100' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Malformed and refused',
          description: 'Requests that are no clean HTTP, and connections beyond the limits, by status.',
          unit: 'ops',
          queries: [{ expression: `sum by (status) (${rate('parley_refused_requests_total')})`, legend: '{{status}}' }],
          isStacked: true,
        },
        {
          kind: 'timeseries',
          title: 'Wrong passwords',
          description: 'By router, so that one network or one balancer shows.',
          unit: 'ops',
          queries: [
            { expression: ofRole('router', rate('parley_sign_in_failures_total')), legend: '{{pod}} {{instance}}' },
          ],
          alert: 'ParleySignInFailuresSurge',
        },
      ],
    },
    {
      title: 'To the homes, and to other IM domains',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests handed on, by how it went',
          description:
            '"waited": the home was on its way to another process. "unreachable" and "overflowed" end in 503.',
          unit: 'reqps',
          queries: [{ expression: `sum by (how) (${rate('parley_forwarded_requests_total')})`, legend: '{{how}}' }],
          isStacked: true,
          alert: 'ParleyRequestsRefused',
        },
        {
          kind: 'timeseries',
          title: 'Requests that wait for a home',
          description: 'More than a moment after a home was stopped: nobody takes it over.',
          queries: [{ expression: of('parley_requests_waiting'), legend: '{{pod}} {{instance}}' }],
          alert: 'ParleyHomeNotHeld',
        },
        {
          kind: 'timeseries',
          title: 'Other IM domains',
          description: 'Requests by domain, direction and status.',
          unit: 'reqps',
          queries: [
            {
              expression: `sum by (domain, direction, status) (${rate('parley_federated_requests_total')})`,
              legend: '{{direction}} {{domain}} {{status}}',
            },
          ],
          alert: 'ParleyFederationFails',
        },
      ],
    },
    processPanels('router'),
  ],
}
