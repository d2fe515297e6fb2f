import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** What a base image must have besides Debian's essential packages. */
const wanted = ['apt', 'ca-certificates', 'libatomic1', 'libstdc++6']
/** Since Debian 12 these lead into /usr. */
const merged = ['bin', 'lib', 'lib64', 'sbin']

/**
 * Makes the image `reference`: a small Debian of the packages that are installed on this machine, so that no registry and no mirror is needed.
 * `node` in it is a program that becomes the one at `nodePath`.
 */
export function makeDebianBase(reference: string, nodePath: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'parley-base-'))
  try {
    const packages = withDependencies([...essentialPackages(), ...wanted])
    const own = join(folder, 'own')
    for (const path of [
      'tmp',
      'usr/local/bin',
      'var/lib/dpkg/info',
      'var/lib/dpkg/updates',
      'var/lib/apt/lists/partial',
    ])
      mkdirSync(join(own, path), { recursive: true })
    mkdirSync(join(own, 'var/cache/apt/archives/partial'), { recursive: true })
    for (const name of merged) symlinkSync(`usr/${name}`, join(own, name))
    writeFileSync(join(own, 'usr/local/bin/node'), `#!/bin/sh\nexec ${nodePath} "$@"\n`, { mode: 0o755 })
    writeFileSync(join(own, 'var/lib/dpkg/status'), statusOf(packages))
    // NOTE: it tells dpkg that the other files are named after package and kind of processor.
    copyFileSync('/var/lib/dpkg/info/format', join(own, 'var/lib/dpkg/info/format'))
    for (const file of readdirSync('/var/lib/dpkg/info').filter((name) => name.endsWith('.list')))
      if (packages.has(file.replace(/(?::\w+)?\.list$/, '')))
        copyFileSync(join('/var/lib/dpkg/info', file), join(own, 'var/lib/dpkg/info', file))
    const [files, tar] = [join(folder, 'files.tar'), join(folder, 'base.tar')]
    const create = ['--create', `--file=${files}`, '--directory=/', '--no-recursion', '--null', '--files-from=-']
    execFileSync('tar', create, { input: filesOf(packages).join('\0') })
    execFileSync('tar', ['--extract', `--file=${files}`, `--directory=${own}`])
    execFileSync('tar', ['--create', `--file=${tar}`, `--directory=${own}`, '.'])
    execFileSync('docker', ['import', tar, reference])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function essentialPackages(): string[] {
  const lines = query(`--showformat=\${Package} \${Essential}\n`).split('\n')
  return lines.filter((line) => line.endsWith(' yes')).map((line) => line.split(' ')[0] ?? '')
}

function withDependencies(names: readonly string[]): ReadonlySet<string> {
  const needs = new Map<string, string[]>()
  const providers = new Map<string, string>()
  for (const line of query(`--showformat=\${Package}\t\${Pre-Depends}, \${Depends}\t\${Provides}\n`).split('\n')) {
    const [name = '', depends = '', provides = ''] = line.split('\t')
    // e.g. "libc6 (>= 2.36), debconf (>= 0.5) | debconf-2.0"
    needs.set(name, plainNames(depends))
    for (const provided of plainNames(provides)) providers.set(provided, name)
  }
  const found = new Set<string>()
  const waiting = [...names]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const real = needs.has(name) ? name : providers.get(name)
    if (real === undefined || found.has(real)) continue
    found.add(real)
    waiting.push(...(needs.get(real) ?? []))
  }
  return found
}

function plainNames(relation: string): string[] {
  return relation
    .split(/[,|]/)
    .map((each) => /^\s*([^\s:(]+)/.exec(each)?.[1])
    .filter((each) => each !== undefined)
}

/** All files of packages, at their real places, folders included. */
function filesOf(packages: ReadonlySet<string>): string[] {
  const paths = new Set<string>()
  for (const path of execFileSync('dpkg-query', ['--listfiles', ...packages], large).split('\n')) {
    if (!path.startsWith('/') || path === '/.') continue
    try {
      paths.add(join(realpathSync(dirname(path)), basename(path)).slice(1))
    } catch {
      // Slim systems keep no documentation.
    }
  }
  // NOTE: dpkg counts a file in /lib as one of that path, which the links lead to.
  for (const name of merged) paths.delete(name)
  return [...paths].filter((path) => lstatSync(`/${path}`, { throwIfNoEntry: false }) !== undefined).sort()
}

/** What dpkg of the base image knows: the packages in it, and no other. */
function statusOf(packages: ReadonlySet<string>): string {
  const stanzas = readFileSync('/var/lib/dpkg/status', 'utf8').split('\n\n')
  return `${stanzas.filter((each) => packages.has(/^Package: (\S+)$/m.exec(each)?.[1] ?? '')).join('\n\n')}\n`
}

function query(format: string): string {
  return execFileSync('dpkg-query', ['--show', format], large)
}

const large = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
