import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { run } from './run.ts'

/** Debian packages to take files from: those installed here, or those unpacked from files. */
export interface PackageSource extends Disposable {
  /** The folder that stands for `/`; `/` itself for installed packages. */
  readonly root: string
  /** The version of a package; throws if it is not there. */
  versionOf(packageName: string): string
}

/** The packages installed on this machine. */
export function installedPackages(): PackageSource {
  return {
    root: '/',
    versionOf: (name) => run('dpkg-query', '--show', `--showformat=\${Version}`, name),
    [Symbol.dispose]: () => undefined,
  }
}

/** The packages of all `.deb` files in `folder`, unpacked to a temporary folder; nothing of them is run or installed. */
export function unpackedPackages(folder: string): PackageSource {
  const root = mkdtempSync(join(tmpdir(), 'parley-packages-'))
  const versions = new Map<string, string>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const path = join(folder, file)
    const [name = '', version = ''] = run('dpkg-deb', '--show', `--showformat=\${Package} \${Version}`, path).split(' ')
    run('dpkg-deb', '--extract', path, root)
    versions.set(name, version)
  }
  return {
    root,
    versionOf: (name) => {
      const version = versions.get(name)
      if (version === undefined) throw new Error(`${folder} has no package ${name}`)
      return version
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  }
}

/** Where `path` is when `root` stands for `/`; follows links, which never lead out of `root`. Throws if it is not there. */
export function locate({ root }: PackageSource, path: string): string {
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
