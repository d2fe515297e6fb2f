import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { run } from '../../deploy/images/run.ts'
import { root } from '../checks/source-file.ts'
import type { Artifact } from './provenance.ts'

/** What to make of the sources as they are. */
export interface ReleaseRequest {
  readonly version: string
  /** For the images' label; undefined when what is here is no commit. */
  readonly revision: string | undefined
  /** As deploy/images/build.ts calls them. */
  readonly images: readonly string[]
  /** As images name it: `amd64`. */
  readonly architecture: string
  readonly helm: string | undefined
}

/** Makes images (compressed, each with its bill of materials) and the chart's package in `folder`. */
export async function makeReleaseFiles(request: ReleaseRequest, folder: string): Promise<void> {
  const { version, revision, images, architecture, helm } = request
  const work = mkdtempSync(join(tmpdir(), 'parley-release-'))
  try {
    const label = revision === undefined ? [] : ['--revision', revision]
    const build = join(root, 'deploy/images/build.ts')
    console.log(run(process.execPath, build, '--output', work, '--tag', version, ...label, ...images))
    mkdirSync(folder, { recursive: true })
    for (const file of readdirSync(work)) {
      const [name, ending] = [file.replace(/\..*$/, ''), file.replace(/^[^.]*/, '')]
      const target = join(folder, `${name}-${version}-linux-${architecture}${ending}`)
      // The standard's header of a gzip file has room for a time; Node leaves it empty, so the same image gives the same file.
      if (ending === '.tar')
        await pipeline(createReadStream(join(work, file)), createGzip({ level: 9 }), createWriteStream(`${target}.gz`))
      else run('cp', join(work, file), target)
    }
    if (helm !== undefined) run(helm, 'package', join(root, 'helm/parley'), '--destination', folder)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The digest of a file, whatever its size. */
export async function artifactOf(folder: string, name: string): Promise<Artifact> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, name)), hash)
  return { name, sha256: hash.digest('hex') }
}

/** What `sha256sum --check` reads. */
export function checksums(artifacts: readonly Artifact[]): string {
  return artifacts.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join('')
}
