/** docs/search.openapi.json, made from the schemas that the search for people checks its requests with. `--write` brings it up to date. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { appRoot, criteriaOf, peopleOpenApi } from '../../packages/http/src/index.ts'
import { searchSection } from '../../packages/server/src/search-config.ts'
import { type Finding, report, root } from './source-file.ts'

const path = 'docs/search.openapi.json'

/** The description of a server that shows what it shows by default. */
function made(): string {
  const description = peopleOpenApi(appRoot, criteriaOf(searchSection.parse({})))
  const input = JSON.stringify(description)
  return execFileSync('biome', ['format', `--stdin-file-path=${path}`], { cwd: root, input, encoding: 'utf8' })
}

function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function main(options: readonly string[]): Finding[] {
  const [file, text] = [join(root, path), made()]
  if (options.includes('--write')) writeFileSync(file, text)
  else if (textAt(file) !== text) return [{ path, message: 'is out of date: run "npm run generate" and commit it' }]
  return []
}

if (import.meta.main) report(main(process.argv.slice(2)))
