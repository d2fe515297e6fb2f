import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from './pods/docker.ts'

/**
 * Makes another version of an image: the same program under another version number. NOTE: what a release really changes is not in it; formats
 * that differ have tests of their own (`parley migrate`).
 */
export async function makeVersion(
  name: string,
  tag: string,
  next: { readonly tag: string; readonly version: string },
): Promise<void> {
  const manifest = '/opt/parley/packages/server/package.json'
  const container = await docker('create', `${name}:${tag}`)
  const folder = await mkdtemp(join(tmpdir(), 'parley-version-'))
  try {
    const file = join(folder, 'package.json')
    await docker('cp', `${container}:${manifest}`, file)
    const known = JSON.parse(await readFile(file, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...known, version: next.version }))
    await docker('cp', file, `${container}:${manifest}`)
    const label = `--change=LABEL org.opencontainers.image.version=${next.version}`
    await docker('commit', label, container, `${name}:${next.tag}`)
  } finally {
    await docker('rm', container)
    await rm(folder, { recursive: true })
  }
}
