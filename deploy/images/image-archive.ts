import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImageDescription, versionOf } from './descriptions.ts'
import type { PackageSource } from './package-source.ts'
import type { Platform } from './platform.ts'
import { dataFolder, layOut, user, writeLayer } from './root-file-system.ts'
import { run } from './run.ts'
import { type DebianPackage, sbomFile } from './sbom.ts'

// An image is as old as its parts; that it was built now says nothing, and would make each build another image.
const created = '1970-01-01T00:00:00Z'

/** What an image is to be called, and where it goes. */
export interface ImageOptions {
  /** A name and a tag. */
  readonly reference: string
  readonly file: string
  /** The commit of the sources; images of different commits differ by this label alone if nothing else changed. */
  readonly revision?: string | undefined
}

/** An image that was written. */
export interface WrittenImage {
  /** Depends on nothing but what is in the image, and on its labels. */
  readonly id: string
  /** Its bill of materials, which is in it, too. */
  readonly sbom: Buffer
}

/** Writes an image in the format of `docker save`, which every engine and container runtime can load. */
export function writeImage(
  description: ImageDescription,
  source: PackageSource,
  platform: Platform,
  { reference, file, revision }: ImageOptions,
): WrittenImage {
  const work = mkdtempSync(join(tmpdir(), 'parley-image-'))
  try {
    const [root, archive] = [join(work, 'root'), join(work, 'archive')]
    for (const folder of [root, archive]) mkdirSync(folder)
    const layer = join(archive, 'layer.tar')
    const packages = layOut(description, source, platform, root)
    writeLayer(root, layer)
    const layerId = sha256(readFileSync(layer))
    const version = versionOf(description, source)
    const config = JSON.stringify(imageConfig(description, platform, { version, packages, layerId, revision }))
    const id = sha256(config)
    writeFileSync(join(archive, `${id}.json`), config)
    const manifest = [{ Config: `${id}.json`, RepoTags: [reference], Layers: ['layer.tar'] }]
    writeFileSync(join(archive, 'manifest.json'), JSON.stringify(manifest))
    const same = [
      '--format=gnu',
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=644',
    ]
    run('tar', '--create', '--file', file, '--directory', archive, ...same, ...readdirSync(archive).sort())
    return { id, sbom: readFileSync(join(root, sbomFile(description))) }
  } finally {
    rmSync(work, { recursive: true })
  }
}

interface ImageParts {
  readonly version: string
  readonly packages: readonly DebianPackage[]
  readonly layerId: string
  readonly revision?: string | undefined
}

function imageConfig(
  description: ImageDescription,
  platform: Platform,
  { version, packages, layerId, revision }: ImageParts,
): object {
  const { title, entrypoint, ports, name } = description
  const versions = packages.map((each) => `${each.name}=${each.version}`).join(' ')
  return {
    architecture: platform.architecture,
    os: 'linux',
    created,
    config: {
      User: `${user.id}:${user.id}`,
      WorkingDir: dataFolder,
      Env: ['PATH=/usr/sbin:/usr/bin'],
      Entrypoint: entrypoint,
      ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
      Labels: {
        'org.opencontainers.image.title': title,
        'org.opencontainers.image.version': version,
        ...(revision === undefined ? {} : { 'org.opencontainers.image.revision': revision }),
        'parley.packages': versions,
        'parley.sbom': sbomFile(description),
      },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerId}`] },
    history: [{ created, created_by: `deploy/images: ${name} ${version}` }],
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
