import { join } from 'node:path'
import { locate, type PackageSource } from './package-source.ts'
import type { Platform } from './platform.ts'
import { run } from './run.ts'

/** The shared libraries that the program in `file` is linked to, and these in turn: the name it asks for, and where it is. */
export function sharedLibraries(source: PackageSource, platform: Platform, file: string): ReadonlyMap<string, string> {
  const { root } = source
  const folders = [platform.libraryFolder, join('/usr', platform.libraryFolder)].map((folder) => join(root, folder))
  const among = root === '/' ? [] : ['--library-path', folders.join(':')]
  // The loader itself knows best, also of packages that are not installed.
  const lines = run(locate(source, platform.loader), ...among, '--list', file).split('\n')
  const libraries = new Map<string, string>()
  for (const line of lines) {
    // e.g. "libssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f10bac87000)"; the kernel's own has no file.
    const [, name, library] = /^\s*(\S+) => (\/\S+|not found)/.exec(line) ?? []
    if (name === undefined || library === undefined || name === platform.loader) continue
    if (!library.startsWith(root)) throw new Error(`${file} needs ${name}, which is in none of the packages`)
    libraries.set(name, library)
  }
  return libraries
}
