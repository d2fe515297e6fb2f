/** Imports run one way (design.md, "Parts"), are declared, and go through a package's doors. */
import { dirname, join } from 'node:path'
import { type Finding, lineOf, readProject, report, type SourceFile } from './source-file.ts'

/** What the code of a package may import of the others; its tests may import testkit and adapters besides. */
const arrows: ReadonlyMap<string, readonly string[] | 'any'> = new Map<string, readonly string[] | 'any'>([
  ['protocol', []],
  ['domain', ['protocol']],
  ['auth', ['domain', 'protocol']],
  ['http', ['domain', 'protocol']],
  ['client', ['protocol']],
  ['router', ['http', 'auth', 'domain', 'protocol']],
  ['home', ['http', 'auth', 'domain', 'protocol']],
  ['directory-sync', ['http', 'auth', 'domain', 'protocol']],
  ['web', ['client', 'protocol']],
  ['bench', 'any'],
])
const adapterArrows = ['domain', 'protocol']
// Whatever is built on top of everything: the bench measures, so nobody may need it.
const unlimited = new Set(['bench', 'testkit', 'test-e2e'])

interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
  readonly line: number
}

interface Manifest {
  readonly name: string
  readonly doors: ReadonlySet<string>
  readonly declared: ReadonlySet<string>
}

/** All findings of a project whose packages are `packages/<name>` and `test-e2e`. */
export function checkImports(files: readonly SourceFile[]): Finding[] {
  const manifests = readManifests(files)
  const rootDeclared = manifests.get('')?.declared ?? new Set<string>()
  const code = files.filter(({ path }) => /^(?:packages\/[^/]+\/(?:src|tests)|test-e2e)\/.*\.ts$/.test(path))
  const findings: Finding[] = []
  for (const file of code) {
    const owner = packageOf(file.path)
    const manifest = manifests.get(owner)
    for (const { specifier, line } of readImports(file.text)) {
      const message = specifier.startsWith('.')
        ? crossesBorder(file.path, owner, specifier)
        : checkPackageImport(specifier, { owner, test: isTest(file.path), manifest, manifests, rootDeclared })
      if (message) findings.push({ path: file.path, line, message })
    }
  }
  return [...findings, ...findCycles(code)]
}

/** Every import, re-export and dynamic import with a literal specifier. */
export function readImports(text: string): Import[] {
  const patterns = [
    /^[ \t]*(?:import|export)\s+(type\s)?[^'"`;()]*?\bfrom\s*['"]([^'"\n]+)['"]/gm,
    /^[ \t]*import\s*()['"]([^'"\n]+)['"]/gm,
    /\bimport\(\s*()['"]([^'"\n]+)['"]\s*\)/g,
  ]
  return patterns.flatMap((pattern) =>
    text
      .matchAll(pattern)
      .map((match) => ({
        specifier: match[2] ?? '',
        typeOnly: Boolean(match[1]),
        line: lineOf(text, match.index + match[0].length),
      }))
      .toArray(),
  )
}

function checkPackageImport(
  specifier: string,
  context: {
    owner: string
    test: boolean
    manifest: Manifest | undefined
    manifests: ReadonlyMap<string, Manifest>
    rootDeclared: ReadonlySet<string>
  },
): string | undefined {
  if (specifier.startsWith('node:')) return undefined
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')
  const { owner, test, manifest, manifests, rootDeclared } = context
  if (!manifest?.declared.has(name) && manifest?.name !== name && !rootDeclared.has(name))
    return `${name} is not declared in the package.json`
  const target = [...manifests].find(([, { name: known }]) => known === name)
  if (!target) return undefined
  const [folder, { doors }] = target
  if (!doors.has(`.${specifier.slice(name.length)}`)) return `${specifier} is not a door of ${name}`
  return mayImport(owner, folder, test) ? undefined : `${owner} must not import ${folder}`
}

/** Whether the arrows let `owner` import `target`. */
export function mayImport(owner: string, target: string, test: boolean): boolean {
  if (owner === target) return true
  if (target === 'bench' || target === 'test-e2e') return false
  if (unlimited.has(owner)) return true
  if (target === 'testkit' || target.startsWith('adapter-')) {
    if (test) return true
    return owner === 'server' && target !== 'testkit'
  }
  if (owner === 'server') return true
  const allowed = owner.startsWith('adapter-') ? adapterArrows : arrows.get(owner)
  return allowed === 'any' || (allowed?.includes(target) ?? false)
}

function crossesBorder(path: string, owner: string, specifier: string): string | undefined {
  const target = join(dirname(path), specifier)
  // What builds, checks and installs Parley is in no package; the tests of that are with the other tests of the whole.
  const isTooling = owner === 'test-e2e' && /^(?:\.ci|deploy|helm)\//.test(target)
  if (packageOf(target) !== owner && !isTooling) return `${specifier} leaves the package`
  return /\.(?:ts|json|c|wasm)$/.test(specifier) ? undefined : `${specifier} lacks its ending`
}

/** Circles of files that need each other when they run; imports of types alone do not count. */
function findCycles(files: readonly SourceFile[]): Finding[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      readImports(text)
        .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
        .map(({ specifier }) => join(dirname(path), specifier)),
    ]),
  )
  const findings: Finding[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      findings.push({ path, message: `imports itself: ${[...trail.slice(start), path].join(' -> ')}` })
      return
    }
    if (done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return findings
}

/** Manifests by package folder; the root's is ''. */
function readManifests(files: readonly SourceFile[]): Map<string, Manifest> {
  const manifests = new Map<string, Manifest>()
  for (const { path, text } of files) {
    if (!/^(?:packages\/[^/]+\/|test-e2e\/)?package\.json$/.test(path)) continue
    const { name, exports = {}, dependencies, devDependencies, peerDependencies } = JSON.parse(text)
    const declared = new Set(Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies }))
    manifests.set(packageOf(path), { name, doors: new Set(Object.keys(exports)), declared })
  }
  return manifests
}

function packageOf(path: string): string {
  return /^packages\/([^/]+)\//.exec(path)?.[1] ?? (path.startsWith('test-e2e/') ? 'test-e2e' : '')
}

function isTest(path: string): boolean {
  return /\.test\.ts$|^packages\/[^/]+\/tests\/|^test-e2e\/|\/src\/contracts\//.test(path)
}

if (import.meta.main) report(checkImports(readProject()))
