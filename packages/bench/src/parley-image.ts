import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const builder = join(import.meta.dirname, '../../../deploy/images/build.ts')

/** Has deploy/images build Parley's image, or lay its files out; `words` are the builder's. */
export function buildParley(words: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [builder, ...words, 'parley'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the image cannot be built: ${stderr}`)
}
