import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applicationVersions } from '../../deploy/images/application.ts'
import { applicationPackages } from '../../deploy/images/application-packages.ts'
import { makeDebianBase } from './debian-base.ts'
import { type ImageFiles, readImage } from './image-files.ts'
import { docker } from './pods/docker.ts'

const repository = join(import.meta.dirname, '../..')
const base = 'parley-test-base:dockerfile'
const image = 'parley-test-dockerfile:latest'
/** What is copied by links of its own, or not needed at all. */
const needless = /\/packages\/[^/]+\/node_modules|\/\.tools\/node_modules\/(?:@pnpm|[^/]+\/(?:include|share))/

describe('deploy/Dockerfile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-dockerfile-'))
  let withDocker: ImageFiles
  let without: ImageFiles

  beforeAll(async () => {
    makeDebianBase(base, '/build/.tools/node_modules/.bin/node')
    const context = join(folder, 'context')
    makeContext(context)
    const options = ['--build-arg', `BASE=${base}`, '--network=none', '--file', join(context, 'deploy/Dockerfile')]
    buildWithDocker(...options, '--tag', image, context)
    await docker('save', '--output', join(folder, 'with-docker.tar'), image)
    withDocker = readImage(join(folder, 'with-docker.tar'), join(folder, 'with-docker'))
    // From the same copy, as what is written here meanwhile is in neither.
    execFileSync(process.execPath, ['deploy/images/build.ts', '--output', folder, 'parley'], { cwd: context })
    without = readImage(join(folder, 'parley.tar'), join(folder, 'without'))
  }, 600_000)

  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await docker('rmi', '--force', image, base)
  })

  it('makes the files that the build without Docker makes, with the same owners and modes', () => {
    expect(Object.fromEntries(withDocker.files)).toEqual(Object.fromEntries(without.files))
    expect(without.files.has('usr/bin/node')).toBe(true)
    expect(without.files.get('data')).toMatch(/^drwx------ 10001\/10001 /)
    expect(without.files.get('tmp')).toMatch(/^drwxrwxrwt 0\/0 /)
  })

  it('makes an image that runs in the same way', () => {
    const howItRuns = ({ config }: ImageFiles) =>
      ['Entrypoint', 'Cmd', 'User', 'WorkingDir', 'Env', 'ExposedPorts'].map((name) => [name, config[name] ?? null])
    expect(howItRuns(withDocker)).toEqual(howItRuns(without))
  })

  it('makes an image that runs: it tells its version, with nothing that it may write to', async () => {
    const { parley } = applicationVersions()
    expect(await docker('run', '--rm', '--read-only', '--cap-drop=ALL', image, '--version')).toBe(parley)
  })
})

/** `docker build`; what it says on the way goes into the complaint. */
function buildWithDocker(...words: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('docker', ['build', ...words], { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`docker build failed:\n${stdout}\n${stderr}`)
}

/**
 * Copies what the build reads, with the packages of npm that are installed here: nothing is fetched then. What only development needs stays away,
 * as it would make no difference but in time.
 */
function makeContext(context: string): void {
  const copy = (path: string): void => {
    mkdirSync(dirname(join(context, path)), { recursive: true })
    cpSync(join(repository, path), join(context, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => source === join(repository, path) || !needless.test(source),
    })
  }
  for (const path of [
    '.tools',
    'deploy/Dockerfile',
    'deploy/images',
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
  ])
    copy(path)
  const { own, foreign, links } = applicationPackages()
  for (const folder of [...own, ...foreign.map((each) => each.folder), ...links.keys()]) copy(folder)
  for (const path of ['node_modules/yaml', 'node_modules/zod']) copy(path)
  // NOTE: the sign by which .tools/install.mjs knows that nothing is to be installed.
  const lock = createHash('sha256')
    .update(readFileSync(join(repository, 'pnpm-lock.yaml')))
    .digest('hex')
  writeFileSync(join(context, 'node_modules/.parley-installed'), lock)
}
