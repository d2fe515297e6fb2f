import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runInFreshCheckout } from './checkout.ts'

// Stands for the project's own: says where things are to be installed, and becomes the command.
const withNode = (install: string) => `#!/bin/sh\nset -eu\n${install}\nexec "$@"\n`
const script = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const [report = '', code] = process.argv.slice(2)
writeFileSync(report, JSON.stringify({
  source: read('source.txt'),
  hasPackages: existsSync(new URL('node_modules', import.meta.url)),
  folder: import.meta.dirname,
}))
process.exitCode = Number(code)
`

describe('a fresh checkout', () => {
  let folder = ''
  let repository = ''
  const report = () => join(folder, 'report.json')
  const git = (...words: string[]) => execFileSync('git', ['-C', repository, ...words], { encoding: 'utf8' }).trim()
  const put = (name: string, text: string) => writeFileSync(join(repository, name), text)
  const commit = () => {
    git('add', '.')
    git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '--no-gpg-sign', '--message', 'all')
    return git('rev-parse', 'HEAD')
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-checkout-test-'))
    repository = join(folder, 'repository')
    mkdirSync(join(repository, '.tools'), { recursive: true })
    mkdirSync(join(repository, 'node_modules'))
    git('init', '--quiet')
    put('.gitignore', 'node_modules\n')
    put('source.txt', 'committed')
    put('script.ts', script)
    put('.tools/with-node.sh', withNode('mkdir -p "$pnpm_config_store_dir"'))
  })

  afterEach(() => rmSync(folder, { recursive: true }))

  it('is of the commit, whatever lies in the repository', async () => {
    const revision = commit()
    put('source.txt', 'changed')
    expect(await runInFreshCheckout(repository, revision, 'script.ts', report(), '0')).toBe(0)
    const { folder: checkout, ...seen } = JSON.parse(readFileSync(report(), 'utf8'))
    expect(seen).toEqual({ source: 'committed', hasPackages: false })
    expect(checkout).not.toBe(repository)
  })

  it('is gone afterwards, also when the script fails', async () => {
    const revision = commit()
    expect(await runInFreshCheckout(repository, revision, 'script.ts', report(), '3')).toBe(3)
    const { folder: checkout } = JSON.parse(readFileSync(report(), 'utf8'))
    expect(existsSync(join(checkout, '..'))).toBe(false)
    expect(git('worktree', 'list').split('\n')).toHaveLength(1)
  })

  it('is none when the packages do not get fetched anew', async () => {
    put('.tools/with-node.sh', withNode(':'))
    const revision = commit()
    await expect(runInFreshCheckout(repository, revision, 'script.ts', report(), '0')).rejects.toThrow('fetched anew')
    put('.tools/with-node.sh', withNode('exit 7'))
    await expect(runInFreshCheckout(repository, commit(), 'script.ts', report(), '0')).rejects.toThrow('fetched anew')
    expect(readdirSync(folder)).toEqual(['repository'])
    expect(git('worktree', 'list').split('\n')).toHaveLength(1)
  })
})
