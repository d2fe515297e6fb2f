import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join, relative } from 'node:path'
import { run } from './run.ts'

/** Debian packages to take files from: those installed here, or those unpacked from files. */
export interface PackageSource extends Disposable {
  /** The folder that stands for `/`; `/` itself for installed packages. */
  readonly root: string
  /** The version of a package; throws if it is not there. */
  versionOf(packageName: string): string
  /** The package that a file came with; `path` begins with `root`. Throws if it came with none. */
  ownerOf(path: string): string
}

/** The packages installed on this machine. */
export function installedPackages(): PackageSource {
  return {
    root: '/',
    versionOf: (name) => run('dpkg-query', '--show', `--showformat=\${Version}`, name),
    ownerOf: (path) => {
      // e.g. "libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6"; dpkg knows either that path or the one below /usr.
      for (const known of bothPaths(path)) {
        const [, owner] = /^([^:,\s]+)(?::\w+)?: /.exec(attempt('dpkg-query', '--search', known)) ?? []
        if (owner !== undefined) return owner
      }
      throw new Error(`${path} is of no package`)
    },
    [Symbol.dispose]: () => undefined,
  }
}

/**
 * The packages of all `.deb` files in `folder`, unpacked to a temporary folder. Nothing of them is installed and none of their scripts run, but
 * their loader does (shared-libraries.ts): they must be what Debian made, and nothing here checks that.
 */
export function unpackedPackages(folder: string): PackageSource {
  const root = mkdtempSync(join(tmpdir(), 'parley-packages-'))
  const versions = new Map<string, string>()
  const owners = new Map<string, string>()
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.deb')) continue
    const path = join(folder, file)
    const [name = '', version = ''] = run('dpkg-deb', '--show', `--showformat=\${Package} \${Version}`, path).split(' ')
    run('dpkg-deb', '--extract', path, root)
    versions.set(name, version)
    for (const line of run('dpkg-deb', '--contents', path).split('\n')) {
      // e.g. "-rwxr-xr-x root/root 1922136 2024-08-26 20:01 ./lib/x86_64-linux-gnu/libc.so.6", of a link also " -> " and where to.
      const [, inside] = /^[-l]\S+ \S+ +\d+ \S+ \S+ \.(.+?)(?: -> .*)?$/.exec(line) ?? []
      if (inside !== undefined) owners.set(inside, name)
    }
  }
  return {
    root,
    versionOf: (name) => {
      const version = versions.get(name)
      if (version === undefined) throw new Error(`${folder} has no package ${name}`)
      return version
    },
    ownerOf: (path) => {
      const [owner] = bothPaths(`/${relative(root, path)}`).flatMap((known) => owners.get(known) ?? [])
      if (owner === undefined) throw new Error(`${path} is of no package in ${folder}`)
      return owner
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  }
}

/** Where `path` is when `root` stands for `/`; follows links, which never lead out of `root`. Throws if it is not there. */
export function locate({ root }: Pick<PackageSource, 'root'>, path: string): string {
  const ahead = path.split('/').filter(Boolean)
  let behind: string[] = []
  // Linux itself gives up after 40 links.
  for (let links = 0; ahead.length > 0 && links <= 40; ) {
    const name = ahead.shift() as string
    const here = join(root, ...behind, name)
    if (name === '..') behind.pop()
    else if (!lstatSync(here).isSymbolicLink()) behind.push(name)
    else {
      const target = readlinkSync(here)
      if (isAbsolute(target)) behind = []
      ahead.unshift(...target.split('/').filter((part) => part !== '' && part !== '.'))
      links += 1
    }
  }
  if (ahead.length > 0) throw new Error(`${path} is a circle of links`)
  return join(root, ...behind)
}

/** Debian's /lib leads to /usr/lib, and a package may have put a file into either. */
function bothPaths(path: string): string[] {
  return path.startsWith('/usr/') ? [path, path.slice('/usr'.length)] : [path, `/usr${path}`]
}

/** What a command prints; nothing if it fails. */
function attempt(command: string, ...args: readonly string[]): string {
  try {
    return run(command, ...args)
  } catch {
    return ''
  }
}
