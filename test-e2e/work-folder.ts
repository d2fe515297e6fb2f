import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything that the end-to-end tests write goes here; git ignores it. */
export const workFolder = join(import.meta.dirname, '.work')

/** Makes a new, empty folder for one server or client of one test. */
export async function createWorkFolder(prefix: string): Promise<string> {
  await mkdir(workFolder, { recursive: true })
  return mkdtemp(join(workFolder, `${prefix}-`))
}
