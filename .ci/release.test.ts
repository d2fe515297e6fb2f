import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findGoTool } from './go-tools.ts'
import { copyProject, type ProjectCopy } from './release/project-copy.ts'

let project: ProjectCopy
let folder = ''
let programs = ''

/** Runs the command in the copy of the project. */
function release(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    ['.tools/with-node.sh', 'node', '.ci/release.ts', ...words, 'nats'],
    {
      cwd: project.folder,
      env: { ...process.env, PATH: `${process.env.PATH}:${programs}` },
      encoding: 'utf8',
    },
  )
  return { status, output: `${stdout}${stderr}` }
}

/** The text of the one file in `output` whose name ends like this. */
function read(output: string, ending: string): string {
  const name = readdirSync(output).find((each) => each.endsWith(ending))
  if (name === undefined) throw new Error(`no file ends with ${ending}`)
  return readFileSync(join(output, name), 'utf8')
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-release-test-'))
  programs = join(folder, 'programs')
  mkdirSync(programs)
  if (findGoTool('helm') === undefined) {
    writeFileSync(join(programs, 'helm'), '#!/bin/sh\necho "a chart" >"$4/parley-0.0.0.tgz"\n')
    chmodSync(join(programs, 'helm'), 0o755)
  }
  project = copyProject()
}, 60_000)

afterAll(() => {
  rmSync(folder, { recursive: true })
  project[Symbol.dispose]()
})

describe('a release', () => {
  let [output, lockFile, said] = ['', '', '']
  const keyFile = () => join(folder, 'key.pub')

  beforeAll(() => {
    output = join(folder, 'release')
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(keyFile(), publicKey.export({ type: 'spki', format: 'pem' }))
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    // What git does not tell, and what gets changed once git has been asked, is in no release either.
    lockFile = readFileSync(join(project.folder, 'pnpm-lock.yaml'), 'utf8')
    project.git('update-index', '--assume-unchanged', 'pnpm-lock.yaml')
    appendFileSync(join(project.folder, 'pnpm-lock.yaml'), '# not committed\n')
    const sign = `openssl dgst -sha256 -sign '${join(folder, 'key.pem')}' | openssl base64 -A`
    const { status, output: told } = release('--output', output, '--sign-with', sign, '--builder', 'urn:test')
    if (status !== 0) throw new Error(told)
    said = told
  }, 120_000)

  it('has the image, compressed, with its bill of materials', () => {
    const name = readdirSync(output).find((each) => each.endsWith('.tar.gz'))
    expect(name).toMatch(/^parley-nats-\d+\.\d+\.\d+-linux-(?:amd64|arm64)\.tar\.gz$/)
    const archive = gunzipSync(readFileSync(join(output, name ?? '')))
    expect(archive.includes('manifest.json')).toBe(true)
    expect(JSON.parse(read(output, '.cdx.json'))).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' })
  })

  it('has checksums that hold', () => {
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: output })
  })

  it('says in the provenance what each file is, and who made it', () => {
    const statement = JSON.parse(read(output, '.intoto.json'))
    const listed = read(output, 'SHA256SUMS').trim().split('\n')
    expect(
      statement.subject.map(
        ({ name, digest }: { name: string; digest: { sha256: string } }) => `${digest.sha256}  ${name}`,
      ),
    ).toEqual(listed)
    expect(statement.predicate.runDetails).toEqual({ builder: { id: 'urn:test' } })
  })

  it('is made of the commit and its lock files, whatever lies in the checkout', () => {
    const { predicate } = JSON.parse(read(output, '.intoto.json'))
    expect(predicate.buildDefinition.resolvedDependencies).toEqual([
      { name: 'source', digest: { gitCommit: project.revision } },
      { name: '.tools/package-lock.json', digest: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      { name: 'pnpm-lock.yaml', digest: { sha256: createHash('sha256').update(lockFile).digest('hex') } },
    ])
  })

  it('is good for whoever has the key', () => {
    const verify = (key: string) =>
      spawnSync(process.execPath, [join(import.meta.dirname, 'verify-release.ts'), '--key', key, output], {
        encoding: 'utf8',
      })
    expect(verify(keyFile())).toMatchObject({ status: 0, stdout: expect.stringContaining(project.revision) })
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(folder, 'other.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    expect(verify(join(folder, 'other.pub')).status).toBe(1)
  })

  it('tags the commit that it is made of, and tells', () => {
    const { version, revision } = project
    expect(said).toMatch(/ran: git tag --annotate v\d+\.\d+\.\d+ --message 'Parley [\d.]+' \w+\n$/)
    expect(project.git('rev-parse', `v${version}^{commit}`)).toBe(revision)
  })

  it('leaves nothing but its files', () => {
    expect(project.git('worktree', 'list').split('\n')).toHaveLength(1)
    expect(project.git('status', '--porcelain')).toBe('')
  })

  it('is none where a file is in the way, also one that git does not know', () => {
    writeFileSync(join(project.folder, 'docs/new.md'), 'new')
    project.git('config', 'status.showUntrackedFiles', 'no')
    const { status, output: told } = release('--output', join(folder, 'none'))
    expect(told).toContain('in the way: 1 files are not as committed, e.g. ?? docs/new.md')
    expect(status).toBe(1)
    expect(readdirSync(folder)).not.toContain('none')
    rmSync(join(project.folder, 'docs/new.md'))
  })

  it('leaves what is there alone', () => {
    expect(release('--dry-run', '--output', output).status).toBe(2)
    expect(readdirSync(output)).toContain('SHA256SUMS')
  })
})

describe('a dry run of a release', () => {
  it('makes files of what lies there, names no commit, and tags nothing', () => {
    const output = join(folder, 'trial')
    const tags = project.git('tag', '--list')
    appendFileSync(join(project.folder, 'README.md'), 'more\n')
    const { status, output: told } = release('--dry-run', '--output', output)
    expect(told).toContain('in the way: 1 files are not as committed, e.g. M README.md')
    expect(told).toMatch(/would run: git tag --annotate v[\d.]+ --message 'Parley [\d.]+' HEAD\n$/)
    expect(status).toBe(0)
    expect(project.git('tag', '--list')).toBe(tags)
    expect(read(output, '.intoto.json')).not.toContain('gitCommit')
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: output })
  }, 60_000)
})
