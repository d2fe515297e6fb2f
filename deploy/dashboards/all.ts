/** Dashboards for Grafana: `npm run generate` writes them to helm/parley/dashboards, from where they can also be imported by hand. */
import { type Dashboard, grafanaDashboard } from './dashboard.ts'
import { homes } from './homes.ts'
import { isItWell } from './is-it-well.ts'
import { routers } from './routers.ts'
import { syncAndDirectory } from './sync-and-directory.ts'

const dashboards: readonly Dashboard[] = [isItWell, routers, homes, syncAndDirectory]

/** Every dashboard, by the name of its file. */
export const dashboardFiles: ReadonlyMap<string, object> = new Map(
  dashboards.map((dashboard) => [`${dashboard.name}.json`, grafanaDashboard(dashboard)]),
)
