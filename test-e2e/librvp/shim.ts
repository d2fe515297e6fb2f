import { execFile } from 'node:child_process'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { workFolder } from '../work-folder.ts'

const run = promisify(execFile)

/** Compiles shim.c, without which librvp cannot run under BitlBee (client-facts §1.13); resolves to the library's path. */
export async function buildShim(): Promise<string> {
  await mkdir(workFolder, { recursive: true })
  const library = join(workFolder, 'librvp-shim.so')
  // NOTE: test files run at the same time; the rename lets none of them load a half-written library.
  const draft = `${library}.${crypto.randomUUID()}`
  const source = join(import.meta.dirname, 'shim.c')
  const libraries = ['-Wl,--no-as-needed', '-lcrypt', '-lresolv', '-ldl']
  await run('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', draft, source, ...libraries])
  await rename(draft, library)
  return library
}
