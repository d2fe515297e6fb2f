import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

/** The root of the repository; paths below are relative to it. */
export const repository = join(import.meta.dirname, '../..')
/** The package whose command is the application. */
export const entryPackage = 'packages/server'

/** A package of somebody else that the application needs. */
export interface ForeignPackage {
  readonly name: string
  readonly version: string
  /** As its author states it, an SPDX expression as a rule; absent where its package.json says nothing. */
  readonly license?: string
  /** Its own folder. */
  readonly folder: string
  /** Folders of what it imports. */
  readonly needs: readonly string[]
}

/** All that the application is made of. */
export interface ApplicationPackages {
  /** Folders of our packages. */
  readonly own: readonly string[]
  readonly foreign: readonly ForeignPackage[]
  /** Folders of what our packages import from others. */
  readonly direct: readonly string[]
  /** Links by which packages find each other, with what they hold. */
  readonly links: ReadonlyMap<string, string>
}

/** Finds what the application needs, starting at its command; nothing that only development needs. */
export function applicationPackages(): ApplicationPackages {
  const own: string[] = []
  const direct = new Set<string>()
  const foreign = new Map<string, ForeignPackage>()
  const links = new Map<string, string>()
  const follow = (path: string): string => {
    links.set(path, readlinkSync(join(repository, path)))
    return relative(repository, realpathSync(join(repository, path)))
  }
  const seen = new Set<string>()
  const waiting: string[] = [entryPackage]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (seen.has(folder)) continue
    seen.add(folder)
    if (folder.startsWith('packages/')) {
      own.push(folder)
      const needs = Object.keys(manifestOf(folder).dependencies ?? {}).map((name) =>
        follow(join(folder, 'node_modules', name)),
      )
      for (const need of needs) if (!need.startsWith('packages/')) direct.add(need)
      waiting.push(...needs)
    } else {
      const needs = linksBeside(folder).map(follow)
      const { name, version, license } = manifestOf(folder)
      foreign.set(folder, { name, version, folder, needs, ...(license === undefined ? {} : { license }) })
      waiting.push(...needs)
    }
  }
  const byFolder = (a: ForeignPackage, b: ForeignPackage) => (a.folder < b.folder ? -1 : 1)
  return { own: own.sort(), direct: [...direct].sort(), foreign: [...foreign.values()].sort(byFolder), links }
}

/** The part of a package.json that is read here. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8')) as Manifest
}

/** pnpm links all that a package imports into the folder in which it stands, scopes in folders of their own. */
function linksBeside(folder: string): string[] {
  const beside = basename(dirname(folder)).startsWith('@') ? dirname(dirname(folder)) : dirname(folder)
  return namesIn(beside)
    .map((name) => join(beside, name))
    .filter((path) => isLink(join(repository, path)))
}

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
