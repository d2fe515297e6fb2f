/**
 * One version for all: that of packages/server/package.json, which `changeset version` raises. No other package has one, and the chart has the
 * same; `--write` brings the chart's up to date.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, readProject, report, root, type SourceFile } from './source-file.ts'

const source = 'packages/server/package.json'
const chart = 'helm/parley/Chart.yaml'

/** The version of the product, by the files of the project. */
export function productVersion(files: readonly SourceFile[]): string {
  const text = files.find(({ path }) => path === source)?.text ?? '{}'
  return (JSON.parse(text) as { version?: string }).version ?? ''
}

/** Chart.yaml with `version` for the chart and for what it installs; they are released together. */
export function chartWith(text: string, version: string): string {
  return text.replace(/^version: .*$/m, `version: ${version}`).replace(/^appVersion: .*$/m, `appVersion: ${version}`)
}

/** What disagrees. */
export function versionFindings(files: readonly SourceFile[]): Finding[] {
  const version = productVersion(files)
  const findings: Finding[] = []
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) findings.push({ path: source, message: 'has no version' })
  for (const { path, text } of files) {
    const isManifest = /^(?:package\.json|(?:packages\/[^/]+|test-e2e)\/package\.json)$/.test(path) && path !== source
    if (isManifest && (JSON.parse(text) as { version?: string }).version !== undefined)
      findings.push({ path, message: `has a version of its own: only ${source} has one` })
    if (path === chart && chartWith(text, version) !== text)
      findings.push({ path, message: `is not of version ${version}: run "npm run generate" and commit it` })
  }
  return findings
}

function main(options: readonly string[]): Finding[] {
  const files = readProject()
  const found = files.find(({ path }) => path === chart)
  if (!options.includes('--write') || found === undefined) return versionFindings(files)
  writeFileSync(join(root, chart), chartWith(found.text, productVersion(files)))
  return versionFindings(readProject())
}

if (import.meta.main) report(main(process.argv.slice(2)))
