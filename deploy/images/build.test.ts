import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageDescriptions } from './descriptions.ts'
import { installedPackages } from './package-source.ts'
import { thisPlatform } from './platform.ts'
import { layOut, writeLayer } from './root-file-system.ts'

const description = imageDescriptions.find(({ name }) => name === 'parley')
const folder = mkdtempSync(join(tmpdir(), 'parley-build-test-'))
const root = join(folder, 'root')
const layer = join(folder, 'layer.tar')
/** The bar of issue 5. */
const mostCompressedBytes = 90_000_000

interface Bill {
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly licenses?: unknown
  }[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

function build(into: string): void {
  if (description === undefined) throw new Error('no image parley')
  execFileSync('mkdir', [into])
  layOut(description, installedPackages(), thisPlatform(), into)
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

describe('the image of Parley', () => {
  beforeAll(() => {
    build(root)
    writeLayer(root, layer)
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  it('is the same, byte for byte, built later and by somebody with another umask', () => {
    const again = join(folder, 'again')
    execFileSync(
      'sh',
      ['-c', `umask 077; exec "${process.execPath}" deploy/images/build.ts --tree "${again}" parley`],
      {
        cwd: join(import.meta.dirname, '../..'),
      },
    )
    utimesSync(join(again, 'usr/bin/node'), 1, 1)
    writeLayer(again, join(folder, 'again.tar'))
    expect(digest(join(folder, 'again.tar'))).toBe(digest(layer))
  }, 120_000)

  it('is no larger than the bar, compressed', () => {
    expect(gzipSync(readFileSync(layer), { level: 6 }).length).toBeLessThan(mostCompressedBytes)
  }, 120_000)

  it('runs: the command tells its version', () => {
    const main = join(root, 'opt/parley/packages/server/src/main.js')
    const { stdout, stderr } = spawnSync(join(root, 'usr/bin/node'), [main, '--version'], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: `${description?.application?.version}\n`, stderr: '' })
  }, 60_000)

  it('has no shell, no tests, and nothing that everybody may write to but /tmp', () => {
    const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    expect(paths.filter((path) => /(?:^|\/)(?:sh|bash|dash|busybox)$|\.test\.[jt]s$/.test(path))).toEqual([])
    const writable = paths.filter((path) => {
      const stat = lstatSync(join(root, path))
      return !stat.isSymbolicLink() && (stat.mode & 0o022) !== 0
    })
    expect(writable).toEqual(['tmp'])
  })

  it('has a bill of materials that names every package of npm in it, no other, and a licence for each', () => {
    const bill = JSON.parse(readFileSync(join(root, 'usr/share/sbom/parley.cdx.json'), 'utf8')) as Bill
    const installed = globSync('opt/parley/node_modules/.pnpm/*/node_modules/{*,@*/*}/package.json', { cwd: root })
      .filter((path) => !lstatSync(join(root, path, '..')).isSymbolicLink())
      .map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string; version: string })
      .map(({ name, version }) => `${name} ${version}`)
    const billed = bill.components.filter(({ purl }) => purl.startsWith('pkg:npm/'))
    expect(billed.map(({ name, version }) => `${name} ${version}`).sort()).toEqual([...new Set(installed)].sort())
    expect(bill.components.filter(({ licenses }) => licenses === undefined)).toEqual([])
    const known = new Set(bill.components.map(({ purl }) => purl))
    expect(bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !known.has(ref))).toEqual([])
  })

  it('names Node and the Debian packages of its libraries, with the texts of their licences', () => {
    const bill = JSON.parse(readFileSync(join(root, 'usr/share/sbom/parley.cdx.json'), 'utf8')) as Bill
    const others = bill.components.filter(({ purl }) => !purl.startsWith('pkg:npm/')).map(({ name }) => name)
    expect(others).toEqual(['node', 'ca-certificates', 'libatomic1', 'libc6', 'libgcc-s1', 'libstdc++6'])
    expect(readdirSync(join(root, 'usr/share/doc')).sort()).toEqual([...others].sort())
  })
})
