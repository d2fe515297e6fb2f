import type { Dashboard } from './dashboard.ts'
import { processPanels } from './process-panels.ts'
import { latency, of, ofRole, rate } from './queries.ts'

const legend = '{{pod}} {{instance}}'

/** What holds users. */
export const homes: Dashboard = {
  name: 'parley-homes',
  title: 'Parley: homes',
  description: 'Who holds which home, what it holds, and whether homes understand each other.',
  rows: [
    {
      title: 'Who serves what',
      width: 12,
      height: 9,
      panels: [
        {
          kind: 'state-timeline',
          title: 'Homes and their processes',
          description:
            'Green where a process serves a home; red where it should, and does not yet. "own=no" stands by for it.',
          queries: [{ expression: of('parley_home_serving'), legend: '{{home}} at {{pod}} {{instance}} own={{own}}' }],
          steps: [
            [null, 'red'],
            [1, 'green'],
          ],
          words: ['does not', 'serves'],
          alert: 'ParleyHomeHeldByStandby',
        },
        {
          kind: 'timeseries',
          title: 'Homes that change hands',
          description:
            'In an hour. "lost" is a process that renewed its lease too late; "open-failed" one that cannot read the home.',
          queries: [
            { expression: `sum by (what) (increase(${of('parley_home_changes_total')}[1h]))`, legend: '{{what}}' },
          ],
          alert: 'ParleyLeasesLost',
        },
      ],
    },
    {
      title: 'Users',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Users online, devices, subscriptions',
          description: 'Of all homes together.',
          queries: [
            { expression: `sum(${of('parley_users_online')})`, legend: 'users online' },
            { expression: `sum(${of('parley_devices')})`, legend: 'devices' },
            { expression: `sum(${of('parley_subscriptions')})`, legend: 'subscriptions' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Devices that are gone',
          description: 'By reason. "dead" does not answer: many at once are a network or a firewall.',
          unit: 'ops',
          queries: [{ expression: `sum by (why) (${rate('parley_devices_gone_total')})`, legend: '{{why}}' }],
          isStacked: true,
          alert: 'ParleyDeliveriesFail',
        },
        {
          kind: 'timeseries',
          title: 'Presence',
          description: 'Changes of state, and the notifications that they cause.',
          unit: 'ops',
          queries: [
            { expression: `sum(${rate('parley_presence_changes_total')})`, legend: 'changes' },
            { expression: `sum(${rate('parley_presence_notifications_total')})`, legend: 'notifications' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Time to answer',
          description: 'Of all requests that come to homes.',
          unit: 's',
          queries: [
            { expression: latency(0.5, 'home'), legend: 'half' },
            { expression: latency(0.99, 'home'), legend: '99 of 100' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Nodes in memory',
          description: 'By process: what its memory goes by.',
          queries: [{ expression: of('parley_nodes'), legend }],
        },
        {
          kind: 'timeseries',
          title: 'Requests by status',
          description: 'That come to homes. 503 while a home changes its process: routers ask the next one.',
          unit: 'reqps',
          queries: [
            { expression: `sum by (status) (${ofRole('home', rate('parley_requests_total'))})`, legend: '{{status}}' },
          ],
          isStacked: true,
        },
      ],
    },
    {
      title: 'Do homes understand each other?',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Not told to other homes yet',
          description: 'Watches and states. For minutes above 0: what some users see is out of date.',
          queries: [{ expression: of('parley_watch_reports_waiting'), legend }],
          alert: 'ParleyViewsDiverge',
        },
        {
          kind: 'timeseries',
          title: 'Homes that are not heard',
          description: 'Their users are shown offline here.',
          queries: [{ expression: of('parley_homes_silent'), legend }],
          alert: 'ParleyHomesSilent',
        },
        {
          kind: 'state-timeline',
          title: 'Redis and NATS',
          description: 'As each home finds them.',
          queries: [
            { expression: ofRole('home', of('parley_redis_connected')), legend: `Redis ${legend}` },
            { expression: of('parley_nats_connected'), legend: `NATS ${legend}` },
          ],
          steps: [
            [null, 'red'],
            [1, 'green'],
          ],
          words: ['away', 'there'],
          alert: 'ParleyRedisAway',
        },
      ],
    },
    processPanels('home'),
  ],
}
