import type { Dashboard } from './dashboard.ts'
import { latency, of, ofRole, rate, share } from './queries.ts'

const refused = `sum(${ofRole('router', rate('parley_requests_total', 'status="503"'))})`
const answered = `sum(${ofRole('router', rate('parley_requests_total'))})`
const lost = `sum(${rate('parley_deliveries_total', 'outcome!~"delivered|left"')})`
const delivered = `sum(${rate('parley_deliveries_total')})`

/** The one to open at 3 a.m.: from left to right, top to bottom, what users notice first. */
export const isItWell: Dashboard = {
  name: 'parley-is-it-well',
  title: 'Parley: is it well?',
  description:
    'All green in the first two rows: nobody notices anything. Each panel says what is worrying, and leads to what to do.',
  rows: [
    {
      title: 'Do users notice anything?',
      width: 4,
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Alerts',
          description: 'How many alerts of Parley fire. The red lines in the graphs show when they did.',
          queries: [{ expression: 'count(ALERTS{alertname=~"Parley.*", alertstate="firing"}) or vector(0)' }],
          steps: [
            [null, 'green'],
            [1, 'red'],
          ],
        },
        {
          kind: 'stat',
          title: 'Users online',
          description: 'Users who are not offline, of all homes. A sudden fall is a network, a home, or the directory.',
          queries: [{ expression: `sum(${of('parley_users_online')})` }],
          steps: [[null, 'blue']],
        },
        {
          kind: 'stat',
          title: 'Homes that nobody serves',
          description: 'Homes that were served within the last hour, and are not now: their users are cut off.',
          queries: [
            {
              expression: `count(group by (home) (last_over_time(${of('parley_home_serving')}[1h])) unless group by (home) (${of('parley_home_serving')} == 1)) or vector(0)`,
            },
          ],
          steps: [
            [null, 'green'],
            [1, 'red'],
          ],
          alert: 'ParleyHomeNotHeld',
        },
        {
          kind: 'stat',
          title: 'Refused requests',
          description: 'Share of the requests at routers that is answered 503.',
          unit: 'percentunit',
          queries: [{ expression: share(refused, answered) }],
          steps: [
            [null, 'green'],
            [0.005, 'yellow'],
            [0.05, 'red'],
          ],
          alert: 'ParleyRequestsRefused',
        },
        {
          kind: 'stat',
          title: 'Messages that reach nobody',
          description: 'Share of the deliveries that fail, not counting users who have left a conversation.',
          unit: 'percentunit',
          queries: [{ expression: share(lost, delivered) }],
          steps: [
            [null, 'green'],
            [0.05, 'yellow'],
            [0.2, 'red'],
          ],
          alert: 'ParleyDeliveriesFail',
        },
        {
          kind: 'stat',
          title: 'Answer to 99 of 100 messages',
          description: 'How long a NOTIFY takes at a router at most, the time that devices take included.',
          unit: 's',
          queries: [{ expression: latency(0.99, 'router', 'method="NOTIFY"') }],
          steps: [
            [null, 'green'],
            [1, 'yellow'],
            [5, 'red'],
          ],
        },
      ],
    },
    {
      title: 'Is everything there?',
      width: 4,
      height: 4,
      panels: [
        {
          kind: 'stat',
          title: 'Homes served',
          description: 'How many homes are served.',
          queries: [{ expression: `sum(${of('parley_home_serving')})` }],
          steps: [[null, 'blue']],
        },
        {
          kind: 'stat',
          title: 'Processes that do not answer',
          description: 'Targets of Prometheus that are ours and cannot be read.',
          queries: [{ expression: `count(up{job=~".*parley.*", site=~"$site", pod=~"$pod"} == 0) or vector(0)` }],
          steps: [
            [null, 'green'],
            [1, 'red'],
          ],
          alert: 'ParleyProcessAway',
        },
        {
          kind: 'stat',
          title: 'Redis',
          description: 'Whether it answers every process. While it is away nobody can sign in.',
          queries: [{ expression: `min(${of('parley_redis_connected')})` }],
          steps: [
            [null, 'red'],
            [1, 'green'],
          ],
          words: ['away', 'there'],
          alert: 'ParleyRedisAway',
        },
        {
          kind: 'stat',
          title: 'NATS',
          description: 'Whether it answers every home. While it is away, status is late between homes.',
          queries: [{ expression: `min(${of('parley_nats_connected')})` }],
          steps: [
            [null, 'red'],
            [1, 'green'],
          ],
          words: ['away', 'there'],
          alert: 'ParleyNatsAway',
        },
        {
          kind: 'stat',
          title: 'Directory followed',
          description: 'Whether a "parley sync" is at work, and nothing hinders it.',
          queries: [{ expression: `max(parley_sync_active) * (1 - max(parley_sync_hindered))` }],
          steps: [
            [null, 'red'],
            [1, 'green'],
          ],
          words: ['no', 'yes'],
          alert: 'ParleySyncHindered',
        },
        {
          kind: 'stat',
          title: 'Degraded',
          description: 'How many things are wrong, as "parley status" names them.',
          queries: [{ expression: `sum(${of('parley_degraded')})` }],
          steps: [
            [null, 'green'],
            [1, 'orange'],
          ],
        },
      ],
    },
    {
      title: 'Since when?',
      width: 8,
      height: 8,
      panels: [
        {
          kind: 'timeseries',
          title: 'Requests by status',
          description:
            'At routers. A 401 for each first request is normal: classic clients ask once without credentials.',
          unit: 'reqps',
          queries: [
            {
              expression: `sum by (status) (${ofRole('router', rate('parley_requests_total'))})`,
              legend: '{{status}}',
            },
          ],
          isStacked: true,
        },
        {
          kind: 'timeseries',
          title: 'Time to answer',
          description: 'Of all requests at routers.',
          unit: 's',
          queries: [
            { expression: latency(0.5, 'router'), legend: 'half' },
            { expression: latency(0.99, 'router'), legend: '99 of 100' },
          ],
        },
        {
          kind: 'timeseries',
          title: 'Deliveries by outcome',
          description: 'One for each device that a message goes to. "left" is a user who has left the conversation.',
          unit: 'ops',
          queries: [{ expression: `sum by (outcome) (${rate('parley_deliveries_total')})`, legend: '{{outcome}}' }],
          isStacked: true,
          alert: 'ParleyDeliveriesFail',
        },
        {
          kind: 'timeseries',
          title: 'Users online by process',
          description: 'A home that changes its process moves its users from one colour to another.',
          queries: [{ expression: of('parley_users_online'), legend: '{{pod}} {{instance}}' }],
          isStacked: true,
        },
        {
          kind: 'timeseries',
          title: 'Wrong passwords',
          description: 'A surge is somebody who guesses, or a directory that refuses right ones.',
          unit: 'ops',
          queries: [{ expression: `sum(${rate('parley_sign_in_failures_total')})`, legend: 'wrong passwords' }],
          alert: 'ParleySignInFailuresSurge',
        },
        {
          kind: 'timeseries',
          title: 'Event loop lag',
          description: 'How far processes are behind with their work. Above a quarter of a second everybody waits.',
          unit: 's',
          queries: [
            {
              expression: `${of('nodejs_eventloop_lag_p99_seconds')} and on (job, instance) ${of('parley_build_info')}`,
              legend: '{{pod}} {{instance}}',
            },
          ],
          steps: [
            [null, 'green'],
            [0.25, 'red'],
          ],
          alert: 'ParleyEventLoopLags',
        },
      ],
    },
  ],
}
