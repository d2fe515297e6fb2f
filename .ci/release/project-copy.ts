import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readProject, root } from '../checks/source-file.ts'
import { productVersion } from '../checks/versions.ts'

/** A repository of its own with this project as it is now, for tests: all is committed, and nothing stands in the way of its release. */
export interface ProjectCopy extends Disposable {
  readonly folder: string
  readonly version: string
  readonly revision: string
  git(...words: readonly string[]): string
}

// In place of .tools/install.mjs, which would fetch: lends what is installed here, in the way that a release asks for.
const lend = `
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
const { pnpm_config_store_dir: store } = process.env
if (store !== undefined) mkdirSync(store, { recursive: true })
for (const folder of ['.tools/node_modules/', 'node_modules/']) {
  const [source, target] = [new URL(folder, ${JSON.stringify(`file://${root}/`)}), new URL('../' + folder, import.meta.url)]
  if (existsSync(target)) continue
  mkdirSync(target)
  for (const name of readdirSync(source)) symlinkSync(new URL(name, source), new URL(name, target))
}
`

/** Copies the project, without what is installed. */
export function copyProject(): ProjectCopy {
  const folder = mkdtempSync(join(tmpdir(), 'parley-project-copy-'))
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-C', folder, ...words], { encoding: 'utf8' }).trim()
  const version = productVersion(readProject())
  const names = execFileSync('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const name of names.toString().split('\0').filter(Boolean))
    if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name))

  for (const name of readdirSync(join(folder, '.changeset')))
    if (name.endsWith('.md') && name !== 'README.md') rmSync(join(folder, '.changeset', name))
  appendFileSync(join(folder, 'packages/server/CHANGELOG.md'), `\n## ${version}\n`)
  writeFileSync(join(folder, '.tools/install.mjs'), lend)
  git('init', '--quiet')
  git('config', 'user.name', 'tester')
  git('config', 'user.email', 'tester@example.com')
  git('config', 'commit.gpgsign', 'false')
  git('config', 'tag.gpgsign', 'false')
  git('add', '.')
  git('commit', '--quiet', '--message', 'all')
  return {
    folder,
    version,
    revision: git('rev-parse', 'HEAD'),
    git,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
