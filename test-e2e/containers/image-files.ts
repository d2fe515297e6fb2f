import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** An image as `docker save` writes it, read. */
export interface ImageFiles {
  /** The part of its configuration that says how it runs. */
  readonly config: Readonly<Record<string, unknown>>
  /** Of each path: its kind, mode, owner, and where it leads or the digest of what is in it. */
  readonly files: ReadonlyMap<string, string>
}

/** Reads an archive of one image; `folder` is empty, and for this alone. */
export function readImage(archive: string, folder: string): ImageFiles {
  const [packed, root] = [join(folder, 'packed'), join(folder, 'root')]
  for (const each of [packed, root]) mkdirSync(each, { recursive: true })
  execFileSync('tar', ['--extract', `--file=${archive}`, `--directory=${packed}`])
  const [manifest] = JSON.parse(readFileSync(join(packed, 'manifest.json'), 'utf8')) as [
    { Config: string; Layers: string[] },
  ]
  const files = new Map<string, string>()
  for (const layer of manifest.Layers.map((name) => join(packed, name))) {
    execFileSync('tar', [
      '--extract',
      `--file=${layer}`,
      `--directory=${root}`,
      '--no-same-owner',
      '--no-same-permissions',
    ])
    const listing = execFileSync('tar', ['--list', '--verbose', '--numeric-owner', `--file=${layer}`], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    for (const line of listing.split('\n').filter(Boolean)) {
      // e.g. "lrwxrwxrwx 0/0               0 1970-01-01 00:00 ./opt/x -> y"
      const [, mode = '', owner = '', name = '', link = ''] =
        /^(\S+) (\S+) +\d+ \S+ \S+ (?:\.\/)?(.*?)\/?(?: -> (.*))?$/.exec(line) ?? []
      if (name === '' || name === '.') continue
      const content = mode.startsWith('-') ? digest(join(root, name)) : link
      files.set(name, `${mode} ${owner} ${content}`)
    }
  }
  const { config } = JSON.parse(readFileSync(join(packed, manifest.Config), 'utf8')) as { config: ImageFiles['config'] }
  return { config, files }
}

function digest(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
