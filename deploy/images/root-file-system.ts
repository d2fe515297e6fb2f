import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ImageDescription } from './descriptions.ts'
import { locate, type PackageSource } from './package-source.ts'
import type { Platform } from './platform.ts'
import { run } from './run.ts'
import { sharedLibraries } from './shared-libraries.ts'

/** The user that every image runs as: no root, and of no name that a machine has for somebody. */
export const user = { name: 'parley', id: 10_001 }
/** The only folder besides /tmp that the user may write to, and in which programs start. */
export const dataFolder = '/data'

const accounts: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/:/nonexistent\n${user.name}:x:${user.id}:${user.id}::${dataFolder}:/nonexistent\n`,
  '/etc/group': `root:x:0:\n${user.name}:x:${user.id}:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}

/** Lays the files of an image out in `folder`, which is empty. */
export function layOut(description: ImageDescription, source: PackageSource, platform: Platform, folder: string): void {
  const put = (path: string, content: string | Buffer, mode: number) => {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, content)
    chmodSync(target, mode) // whatever the umask
  }
  for (const [path, content] of Object.entries(accounts)) put(path, content, 0o644)
  put('/etc/ssl/certs/ca-certificates.crt', authorities(source), 0o644)
  put(platform.loader, readFileSync(locate(source, platform.loader)), 0o755)
  const { programs, application } = description
  for (const program of programs) put(program, readFileSync(locate(source, program)), 0o755)
  application?.layOut(folder)
  for (const program of [...programs, ...(application?.programs ?? [])]) {
    for (const [name, file] of sharedLibraries(source, platform, join(folder, program)))
      put(join(platform.libraryFolder, name), readFileSync(file), 0o644)
  }
}

/** Writes a layer with everything in `folder`: the same bytes for the same files, whoever builds it and when. */
export function writeLayer(folder: string, file: string): void {
  const [temporary, data] = [join(folder, 'tmp'), join(folder, dataFolder)]
  for (const each of [temporary, data]) mkdirSync(each)
  chmodSync(temporary, 0o1777)
  chmodSync(data, 0o700)
  const ordinary = ['!', '-path', temporary, '!', '-path', data]
  run('find', folder, '-type', 'd', ...ordinary, '-exec', 'chmod', '755', '{}', '+')
  // Whoever built it: readable to all, writable to its owner, and what can be run stays so.
  run('find', folder, '-type', 'f', '-exec', 'chmod', 'u=rwX,go=rX', '{}', '+')
  const same = ['--file', file, '--directory', folder, '--format=gnu', '--sort=name', '--mtime=@0', '--numeric-owner']
  const owner = (id: number) => [`--owner=${id}`, `--group=${id}`]
  run('tar', '--create', ...same, ...owner(0), `--exclude=.${dataFolder}`, '.')
  run('tar', '--append', ...same, ...owner(user.id), `.${dataFolder}`)
}

/** The certificate authorities that Debian trusts, in one file. */
function authorities({ root }: PackageSource): Buffer {
  // NOTE: not the finished bundle of this machine, which an unpacked package has not, and which may hold authorities of its own.
  const files = globSync(join(root, 'usr/share/ca-certificates/**/*.crt')).sort()
  if (files.length === 0) throw new Error('the package ca-certificates is missing')
  return Buffer.concat(files.map((file) => readFileSync(file)))
}
