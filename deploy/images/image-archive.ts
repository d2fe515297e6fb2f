import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageDescription } from './descriptions.ts'
import type { PackageSource } from './package-source.ts'
import type { Platform } from './platform.ts'
import { dataFolder, layOut, user, writeLayer } from './root-file-system.ts'
import { run } from './run.ts'

// An image is as old as its parts; that it was built now says nothing, and would make each build another image.
const created = '1970-01-01T00:00:00Z'

/**
 * Writes the image `reference` (a name and a tag) to `file`, in the format of `docker save`, which every engine and
 * container runtime can load. Gives the image's id, which depends on nothing but what is in it.
 */
export function writeImage(
  description: ImageDescription,
  source: PackageSource,
  platform: Platform,
  { reference, file }: { readonly reference: string; readonly file: string },
): string {
  const work = mkdtempSync(join(tmpdir(), 'parley-image-'))
  try {
    const [root, archive] = [join(work, 'root'), join(work, 'archive')]
    for (const folder of [root, archive]) mkdirSync(folder)
    const layer = join(archive, 'layer.tar')
    layOut(description, source, platform, root)
    writeLayer(root, layer)
    const config = JSON.stringify(imageConfig(description, source, platform, sha256(readFileSync(layer))))
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
    return id
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The version of an image. */
export function versionOf({ application, packages }: ImageDescription, source: PackageSource): string {
  return application?.version ?? source.versionOf(packages[0])
}

function imageConfig(
  description: ImageDescription,
  source: PackageSource,
  platform: Platform,
  layerId: string,
): object {
  const { title, packages, entrypoint, ports, application } = description
  const versions = [...packages.map((name) => `${name}=${source.versionOf(name)}`), ...(application?.parts ?? [])]
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
        'org.opencontainers.image.version': versionOf(description, source),
        'parley.packages': versions.join(' '),
      },
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layerId}`] },
    history: [{ created, created_by: `deploy/images: ${versions.join(' ')}` }],
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
