/** Every alert has a runbook that its rule names and the index links to, and every runbook is of an alert; dashboards link to such only. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { dashboardFiles } from '../../deploy/dashboards/all.ts'
import { type Finding, report, root } from './source-file.ts'

interface Rule {
  readonly alert: string
  readonly annotations: { readonly runbook_url: string }
}

const rulesFile = 'helm/parley/alerts.yaml'
const folder = 'docs/runbooks'
const index = `${folder}/README.md`

/** What is wrong between `rules`, the pages in the folder, the text of its index, and what dashboards link to. */
export function runbookFindings(
  rules: readonly Rule[],
  pages: readonly string[],
  indexText: string,
  linked: readonly string[],
): Finding[] {
  const alerts = new Set(rules.map(({ alert }) => alert))
  return [
    ...rules
      .filter(({ alert, annotations }) => annotations.runbook_url !== `${folder}/${alert}.md`)
      .map(({ alert }) => ({ path: rulesFile, message: `runbook_url of ${alert} is not ${folder}/${alert}.md` })),
    ...[...alerts]
      .filter((alert) => !pages.includes(`${alert}.md`))
      .map((alert) => ({ path: `${folder}/${alert}.md`, message: 'is missing: each alert has a runbook' })),
    ...pages
      .filter((page) => page !== 'README.md' && !alerts.has(page.replace(/\.md$/, '')))
      .map((page) => ({ path: `${folder}/${page}`, message: 'is the runbook of no alert' })),
    ...[...alerts]
      .filter((alert) => !indexText.includes(`(${alert}.md)`))
      .map((alert) => ({ path: index, message: `does not link to ${alert}.md` })),
    ...linked
      .filter((alert) => !alerts.has(alert))
      .map((alert) => ({ path: 'deploy/dashboards', message: `a panel links to ${alert}.md, which is of no alert` })),
  ]
}

function main(): Finding[] {
  const { groups } = parse(readFileSync(join(root, rulesFile), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[]
  }
  const linked = [...JSON.stringify([...dashboardFiles.values()]).matchAll(/\$\{runbooks\}\/(\w+)\.md/g)]
  return runbookFindings(
    groups.flatMap(({ rules }) => rules),
    readdirSync(join(root, folder)),
    readFileSync(join(root, index), 'utf8'),
    linked.map(([, alert = '']) => alert),
  )
}

if (import.meta.main) report(main())
