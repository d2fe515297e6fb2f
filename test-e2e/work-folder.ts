import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything that the end-to-end tests write goes here; git ignores it. */
export const workFolder = join(import.meta.dirname, '.work')

/** Makes a new, empty folder for one server or client of one test. */
export async function createWorkFolder(prefix: string): Promise<string> {
  await mkdir(workFolder, { recursive: true })
  return mkdtemp(join(workFolder, `${prefix}-`))
}

/** The same, for a test that lets it go with its scope. */
export async function temporaryFolder(prefix: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await createWorkFolder(prefix)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, maxRetries: 5 }) }
}
