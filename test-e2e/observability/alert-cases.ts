import type { AlertCase } from './alert-case.ts'

const router = 'job="parley", instance="r1"'
const home = 'job="parley", instance="h1"'
const other = 'job="parley", instance="h2"'
const sync = 'job="parley", instance="s1"'
const isRouter = { [`parley_build_info{${router}, role="router"}`]: '1+0x1500' }
const isHome = { [`parley_build_info{${home}, role="home"}`]: '1+0x1500' }

/** Every alert of helm/parley/alerts.yaml. */
export const alertCases: readonly AlertCase[] = [
  {
    alert: 'ParleyHomeNotHeld',
    severity: 'critical',
    fires: { series: { [`parley_home_serving{${home}, home="hq-1"}`]: '1+0x5 _x20' }, minute: 14 },
    quiet: {
      why: 'its own process waits for a home that another one serves',
      series: {
        [`parley_home_serving{${home}, home="hq-1"}`]: '1+0x5 0+0x20',
        [`parley_home_serving{${other}, home="hq-1"}`]: '_x6 1+0x20',
      },
      minutes: [6, 10, 20],
    },
  },
  {
    alert: 'ParleyRequestsRefused',
    severity: 'critical',
    fires: {
      series: {
        ...isRouter,
        [`parley_requests_total{${router}, method="SUBSCRIBE", status="503"}`]: '0+60x30',
        [`parley_requests_total{${router}, method="NOTIFY", status="200"}`]: '0+600x30',
      },
      minute: 10,
    },
    quiet: {
      why: 'requests are refused for two minutes only; and a home, which tells its routers to look elsewhere',
      series: {
        ...isRouter,
        ...isHome,
        [`parley_requests_total{${router}, method="SUBSCRIBE", status="503"}`]: '0+0x4 60 120+0x25',
        [`parley_requests_total{${router}, method="NOTIFY", status="200"}`]: '0+600x30',
        [`parley_requests_total{${home}, method="NOTIFY", status="503"}`]: '0+600x30',
      },
      minutes: [6, 8, 10, 15],
    },
  },
  {
    alert: 'ParleyInternalErrors',
    severity: 'warning',
    fires: {
      series: { [`parley_requests_total{${home}, method="SUBSCRIBE", status="500"}`]: '0+2x30' },
      minute: 20,
    },
    quiet: {
      why: 'devices say with 500 that their users have left the conversation, and few things fail',
      series: {
        [`parley_requests_total{${home}, method="NOTIFY", status="500"}`]: '0+100x30',
        [`parley_background_failures_total{${home}}`]: '0+0x10 4+0x20',
      },
      minutes: [10, 20, 30],
    },
  },
  {
    alert: 'ParleyDeliveriesFail',
    severity: 'warning',
    fires: {
      series: {
        [`parley_deliveries_total{${home}, outcome="unreachable"}`]: '0+30x40',
        [`parley_deliveries_total{${home}, outcome="delivered"}`]: '0+60x40',
      },
      minute: 25,
    },
    quiet: {
      why: 'most of what is not delivered is for who has left the conversation',
      series: {
        [`parley_deliveries_total{${home}, outcome="left"}`]: '0+30x40',
        [`parley_deliveries_total{${home}, outcome="timed-out"}`]: '0+5x40',
        [`parley_deliveries_total{${home}, outcome="delivered"}`]: '0+60x40',
      },
      minutes: [15, 25, 40],
    },
  },
  {
    alert: 'ParleySignInFailuresSurge',
    severity: 'warning',
    fires: { series: { [`parley_sign_in_failures_total{${router}}`]: '0+3x720 2163+60x60' }, minute: 745 },
    quiet: {
      why: 'Monday morning brings four times as many wrong passwords as usual',
      series: { [`parley_sign_in_failures_total{${router}}`]: '0+15x720 10815+60x60' },
      minutes: [725, 745, 760],
    },
  },
  {
    alert: 'ParleyFederationFails',
    severity: 'warning',
    fires: {
      series: {
        [`parley_federated_requests_total{${router}, domain="im.partner.example", direction="outbound", status="503"}`]:
          '0+5x40',
        [`parley_federated_requests_total{${router}, domain="im.partner.example", direction="outbound", status="200"}`]:
          '0+1x40',
      },
      minute: 25,
    },
    quiet: {
      why: 'its users are blocked or unknown, and it fails us in its own requests only',
      series: {
        [`parley_federated_requests_total{${router}, domain="im.partner.example", direction="outbound", status="403"}`]:
          '0+5x40',
        [`parley_federated_requests_total{${router}, domain="im.partner.example", direction="inbound", status="503"}`]:
          '0+5x40',
      },
      minutes: [15, 25, 40],
    },
  },
  {
    alert: 'ParleyHomeHeldByStandby',
    severity: 'warning',
    fires: { series: { [`parley_home_serving{${other}, home="hq-1", own="no"}`]: '1+0x60' }, minute: 35 },
    quiet: {
      why: 'it is handed back after twenty minutes',
      series: {
        [`parley_home_serving{${other}, home="hq-1", own="no"}`]: '1+0x20 _x40',
        [`parley_home_serving{${home}, home="hq-1", own="yes"}`]: '0+0x20 1+0x40',
      },
      minutes: [15, 25, 35, 55],
    },
  },
  {
    alert: 'ParleyLeasesLost',
    severity: 'warning',
    fires: {
      series: { [`parley_home_changes_total{${home}, what="lost"}`]: '0+0x10 1+0x10 2+0x40' },
      minute: 25,
    },
    quiet: {
      why: 'one lease is lost, and others go as planned',
      series: {
        [`parley_home_changes_total{${home}, what="lost"}`]: '0+0x10 1+0x60',
        [`parley_home_changes_total{${home}, what="taken"}`]: '0+1x70',
      },
      minutes: [15, 40, 60],
    },
  },
  {
    alert: 'ParleyHomesSilent',
    severity: 'warning',
    fires: { series: { [`parley_homes_silent{${home}}`]: '0 1+0x20' }, minute: 8 },
    quiet: {
      why: 'another home is silent for four minutes',
      series: { [`parley_homes_silent{${home}}`]: '0 1+0x3 0+0x20' },
      minutes: [4, 6, 10],
    },
  },
  {
    alert: 'ParleyViewsDiverge',
    severity: 'warning',
    fires: { series: { [`parley_watch_reports_waiting{${home}}`]: '0 7+0x30' }, minute: 14 },
    quiet: {
      why: 'there is always something to tell, and it is told each time',
      series: { [`parley_watch_reports_waiting{${home}}`]: '9 9 9 0 9 9 9 0 9 9 9 0 9 9 9 0 9 9 9 0' },
      minutes: [6, 10, 14, 19],
    },
  },
  {
    alert: 'ParleyRedisAway',
    severity: 'critical',
    fires: { series: { [`parley_redis_connected{${home}}`]: '1 0+0x10' }, minute: 4 },
    quiet: {
      why: 'another server becomes the primary',
      series: { [`parley_redis_connected{${home}}`]: '1 0 1+0x10' },
      minutes: [1, 2, 4, 8],
    },
  },
  {
    alert: 'ParleyNatsAway',
    severity: 'warning',
    fires: { series: { [`parley_nats_connected{${home}}`]: '1 0+0x10' }, minute: 4 },
    quiet: {
      why: 'it goes to another server of the NATS cluster',
      series: { [`parley_nats_connected{${home}}`]: '1 0 1+0x10' },
      minutes: [1, 2, 4, 8],
    },
  },
  {
    alert: 'ParleySyncHindered',
    severity: 'warning',
    fires: { series: { [`parley_sync_hindered{${sync}}`]: '0 1+0x30' }, minute: 18 },
    quiet: {
      why: 'the directory is restarted',
      series: { [`parley_sync_hindered{${sync}}`]: '0 1+0x10 0+0x30' },
      minutes: [10, 18, 30],
    },
  },
  {
    alert: 'ParleyNobodySyncs',
    severity: 'warning',
    fires: { series: { [`parley_sync_active{${sync}}`]: '1+0x5 _x30' }, minute: 25 },
    quiet: {
      why: 'one that stood by takes over',
      series: {
        [`parley_sync_active{${sync}}`]: '1+0x5 _x30',
        'parley_sync_active{job="parley", instance="s2"}': '0+0x5 1+0x30',
      },
      minutes: [6, 15, 25, 35],
    },
  },
  {
    alert: 'ParleyDirectoryEntriesUnusable',
    severity: 'info',
    fires: { series: { [`parley_sync_problems{${sync}}`]: '3+0x1500 40+0x200' }, minute: 1540 },
    quiet: {
      why: 'as many as yesterday, and a restart that begins with none',
      series: { [`parley_sync_problems{${sync}}`]: '40+0x1500 0+0x3 48+0x200' },
      minutes: [120, 1502, 1540, 1690],
    },
  },
  {
    alert: 'ParleyProcessAway',
    severity: 'warning',
    fires: { series: { 'up{job="im/parley-router", instance="r1"}': '1 0+0x10' }, minute: 7 },
    quiet: {
      why: 'a process is restarted, and something that is not ours is away',
      series: {
        'up{job="im/parley-router", instance="r1"}': '1 0+0x3 1+0x10',
        'up{job="node", instance="n1"}': '0+0x20',
      },
      minutes: [4, 7, 10],
    },
  },
  {
    alert: 'ParleyProcessRestarts',
    severity: 'warning',
    fires: {
      series: { ...isHome, [`process_start_time_seconds{${home}}`]: '10+0x5 310+0x5 620+0x5 930+0x30' },
      minute: 20,
    },
    quiet: {
      why: 'it is upgraded, and rolled back; and something that is not ours restarts',
      series: {
        ...isHome,
        [`process_start_time_seconds{${home}}`]: '10+0x5 310+0x5 620+0x30',
        'process_start_time_seconds{job="node", instance="n1"}': '0+60x30',
      },
      minutes: [12, 20, 30],
    },
  },
  {
    alert: 'ParleyEventLoopLags',
    severity: 'warning',
    fires: { series: { ...isHome, [`nodejs_eventloop_lag_p99_seconds{${home}}`]: '0.02 0.4+0x30' }, minute: 13 },
    quiet: {
      why: 'it opens a home for some minutes; and a program that is not ours lags',
      series: {
        ...isHome,
        [`nodejs_eventloop_lag_p99_seconds{${home}}`]: '0.02 0.4+0x5 0.02+0x30',
        'nodejs_eventloop_lag_p99_seconds{job="shop", instance="n1"}': '3+0x40',
      },
      minutes: [6, 13, 30],
    },
  },
  {
    alert: 'ParleyMemoryNearLimit',
    severity: 'warning',
    fires: {
      series: {
        [`process_resident_memory_bytes{${home}}`]: '950+0x30',
        [`parley_memory_limit_bytes{${home}}`]: '1000+0x30',
      },
      minute: 12,
    },
    quiet: {
      why: 'it uses most of what it may have; and one without a limit uses much',
      series: {
        [`process_resident_memory_bytes{${home}}`]: '850+0x30',
        [`parley_memory_limit_bytes{${home}}`]: '1000+0x30',
        [`nodejs_heap_size_used_bytes{${home}}`]: '700+0x30',
        [`parley_heap_limit_bytes{${home}}`]: '800+0x30',
        [`process_resident_memory_bytes{${other}}`]: '99999+0x30',
      },
      minutes: [12, 30],
    },
  },
  {
    alert: 'ParleyFilesRunOut',
    severity: 'warning',
    fires: {
      series: {
        ...isRouter,
        [`process_open_fds{${router}}`]: '900+0x30',
        [`process_max_fds{${router}}`]: '1024+0x30',
      },
      minute: 7,
    },
    quiet: {
      why: 'three quarters are in use',
      series: {
        ...isRouter,
        [`process_open_fds{${router}}`]: '768+0x30',
        [`process_max_fds{${router}}`]: '1024+0x30',
      },
      minutes: [7, 30],
    },
  },
  {
    alert: 'ParleyCertificateExpires',
    severity: 'warning',
    fires: {
      series: { [`parley_certificate_expiry_timestamp_seconds{${router}, setting="listen[0].tls"}`]: '900000+0x90' },
      minute: 62,
    },
    quiet: {
      why: 'it is good for another twenty days',
      series: { [`parley_certificate_expiry_timestamp_seconds{${router}, setting="listen[0].tls"}`]: '1728000+0x90' },
      minutes: [62, 90],
    },
  },
  {
    alert: 'ParleyCertificateExpires',
    severity: 'critical',
    fires: {
      series: { [`parley_certificate_expiry_timestamp_seconds{${router}, setting="cluster.tls"}`]: '90000+0x90' },
      minute: 62,
    },
    quiet: {
      why: 'it was renewed, and the process restarted, an hour before',
      series: {
        [`parley_certificate_expiry_timestamp_seconds{${router}, setting="cluster.tls"}`]: '90000+0x50 7776000+0x90',
      },
      minutes: [55, 62, 90],
    },
  },
]
