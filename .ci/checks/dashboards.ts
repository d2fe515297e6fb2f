/** helm/parley/dashboards, made from deploy/dashboards. `--write` brings them up to date. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dashboardFiles } from '../../deploy/dashboards/all.ts'
import { type Finding, report, root } from './source-file.ts'

const folder = 'helm/parley/dashboards'

function main(options: readonly string[]): Finding[] {
  mkdirSync(join(root, folder), { recursive: true })
  const findings: Finding[] = []
  const made = new Map([...dashboardFiles].map(([name, dashboard]) => [name, textOf(name, dashboard)]))
  const there = readdirSync(join(root, folder))
  for (const name of there.filter((one) => !made.has(one))) {
    if (options.includes('--write')) rmSync(join(root, folder, name))
    else findings.push({ path: `${folder}/${name}`, message: 'is made by nothing in deploy/dashboards' })
  }
  for (const [name, text] of made) {
    const path = join(root, folder, name)
    if (options.includes('--write')) writeFileSync(path, text)
    else if (!there.includes(name) || readFileSync(path, 'utf8') !== text)
      findings.push({ path: `${folder}/${name}`, message: 'is out of date: run "npm run generate" and commit it' })
  }
  return findings
}

function textOf(name: string, dashboard: object): string {
  const input = JSON.stringify(dashboard)
  return execFileSync('biome', ['format', `--stdin-file-path=${folder}/${name}`], {
    cwd: root,
    input,
    encoding: 'utf8',
  })
}

if (import.meta.main) report(main(process.argv.slice(2)))
