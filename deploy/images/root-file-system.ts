import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ImageDescription, versionOf } from './descriptions.ts'
import { locate, type PackageSource } from './package-source.ts'
import type { Platform } from './platform.ts'
import { run } from './run.ts'
import { type DebianPackage, sbomFile, sbomOf } from './sbom.ts'
import { sharedLibraries } from './shared-libraries.ts'

/** The user that every image runs as: no root, and of no name that a machine has for somebody. */
export const user = { name: 'parley', id: 10_001 }
/** The only folder besides /tmp that the user may write to, and in which programs start. */
export const dataFolder = '/data'

const authoritiesPackage = 'ca-certificates'
const accounts: Readonly<Record<string, string>> = {
  '/etc/passwd': `root:x:0:0:root:/:/nonexistent\n${user.name}:x:${user.id}:${user.id}::${dataFolder}:/nonexistent\n`,
  '/etc/group': `root:x:0:\n${user.name}:x:${user.id}:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}

/**
 * Lays the files of an image out in `folder`, which is empty, with the modes that they have in the image; only that `/data` belongs
 * to `user` is for whoever packs them up. Gives the Debian packages that they come from.
 */
export function layOut(
  description: ImageDescription,
  source: PackageSource,
  platform: Platform,
  folder: string,
): readonly DebianPackage[] {
  const put = (path: string, content: string | Buffer, mode: number) => {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, content)
    chmodSync(target, mode) // whatever the umask
  }
  const owners = new Set([authoritiesPackage])
  const take = (path: string, file: string, mode: number) => {
    put(path, readFileSync(file), mode)
    owners.add(source.ownerOf(file))
  }
  for (const [path, content] of Object.entries(accounts)) put(path, content, 0o644)
  put('/etc/ssl/certs/ca-certificates.crt', authorities(source), 0o644)
  take(platform.loader, locate(source, platform.loader), 0o755)
  const { programs, application } = description
  for (const program of programs) take(program, locate(source, program), 0o755)
  application?.layOut(folder)
  for (const program of [...programs, ...(application?.programs ?? [])]) {
    for (const [name, file] of sharedLibraries(source, platform, join(folder, program)))
      take(join(platform.libraryFolder, name), file, 0o644)
  }
  const packages = [...owners].sort().map((name) => ({ name, version: source.versionOf(name) }))
  for (const { name } of packages) {
    const text = `/usr/share/doc/${name}/copyright`
    put(text, readFileSync(locate(source, text)), 0o644)
  }
  put(
    sbomFile(description),
    sbomOf(description, { version: versionOf(description, source), packages }, platform),
    0o644,
  )
  settleModes(folder)
  return packages
}

/** Writes a layer with everything in `folder`: the same bytes for the same files, whoever builds it and when. */
export function writeLayer(folder: string, file: string): void {
  const same = ['--file', file, '--directory', folder, '--format=gnu', '--sort=name', '--mtime=@0', '--numeric-owner']
  const owner = (id: number) => [`--owner=${id}`, `--group=${id}`]
  run('tar', '--create', ...same, ...owner(0), `--exclude=.${dataFolder}`, '.')
  run('tar', '--append', ...same, ...owner(user.id), `.${dataFolder}`)
}

/** Whoever built it: folders are open to all, files readable to all and writable to their owner, and what can be run stays so. */
function settleModes(folder: string): void {
  const [temporary, data] = [join(folder, 'tmp'), join(folder, dataFolder)]
  for (const each of [temporary, data]) mkdirSync(each)
  run('find', folder, '-type', 'd', '-exec', 'chmod', '755', '{}', '+')
  run('find', folder, '-type', 'f', '-exec', 'chmod', 'u=rwX,go=rX', '{}', '+')
  chmodSync(temporary, 0o1777)
  chmodSync(data, 0o700)
}

/** The certificate authorities that Debian trusts, in one file. */
function authorities({ root }: PackageSource): Buffer {
  // NOTE: not the finished bundle of this machine, which an unpacked package has not, and which may hold authorities of its own.
  const files = globSync(join(root, 'usr/share/ca-certificates/**/*.crt')).sort()
  if (files.length === 0) throw new Error(`the package ${authoritiesPackage} is missing`)
  return Buffer.concat(files.map((file) => readFileSync(file)))
}
