import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'

const repository = join(import.meta.dirname, '../..')
const entry = 'packages/server'
const home = '/opt/parley'

/** Node, where the image of the application has it. */
export const nodeProgram = '/usr/bin/node'
/** What Node runs there. */
export const mainFile = `${home}/${entry}/src/main.ts`

/** The version of Parley, and of the Node that it brings. */
export function applicationVersions(): { readonly parley: string; readonly node: string } {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
  return { parley: version, node: process.versions.node }
}

/**
 * Lays Parley out in `folder`, which stands for `/`: the Node that runs this, the sources of the command and of each package
 * that it imports, and the packages of others that these need, linked to each other as they are here. No tests, and nothing
 * that only development needs.
 */
export function layOutApplication(folder: string): void {
  put(process.execPath, join(folder, nodeProgram), 0o755)
  const seen = new Set<string>()
  const waiting = [entry]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue
    seen.add(at)
    waiting.push(...(at.startsWith('packages/') ? ownPackage(at, folder) : foreignPackage(at, folder)))
  }
}

/** Copies one of our packages, and gives the folders of all that it imports. Paths are relative to the repository. */
function ownPackage(at: string, folder: string): string[] {
  const source = join(repository, at)
  const target = join(folder, home, at)
  const filter = (path: string) => !path.endsWith('.test.ts')
  cpSync(join(source, 'src'), join(target, 'src'), { recursive: true, filter })
  put(join(source, 'package.json'), join(target, 'package.json'), 0o644)
  const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  return Object.keys(dependencies).map((name) => follow(join(at, 'node_modules', name), folder))
}

/** The same for a package of somebody else: pnpm keeps it, and links to all that it needs, in one folder. */
function foreignPackage(at: string, folder: string): string[] {
  const beside = join(at, 'node_modules')
  return namesIn(beside).flatMap((name) => {
    const path = join(beside, name)
    if (isLink(join(repository, path))) return [follow(path, folder)]
    // NOTE: links within a package lead to programs for the command line.
    const filter = (source: string) => !source.includes('/node_modules/.bin')
    cpSync(join(repository, path), join(folder, home, path), { recursive: true, filter })
    return []
  })
}

/** Makes the same link in the image, and gives the folder to copy for it. */
function follow(path: string, folder: string): string {
  const link = join(folder, home, path)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(readlinkSync(join(repository, path)), link)
  const target = relative(repository, realpathSync(join(repository, path)))
  // e.g. node_modules/.pnpm/zod@4.6.7/node_modules/zod: what is beside it is needed, too.
  return /^node_modules\/\.pnpm\/[^/]+/.exec(target)?.[0] ?? target
}

/** Names of packages, scoped ones with their scope. */
function namesIn(path: string): string[] {
  return readdirSync(join(repository, path))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => (name.startsWith('@') ? namesIn(join(path, name)).map((inner) => `${name}/${inner}`) : [name]))
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path)
    return true
  } catch {
    return false
  }
}

function put(source: string, target: string, mode: number): void {
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(source, target)
  chmodSync(target, mode)
}
