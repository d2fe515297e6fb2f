import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { applicationPackages, entryPackage, repository } from './application-packages.ts'
import { withoutSymbols } from './executable.ts'
import { isNeedless } from './needless-files.ts'
import { plainManifest, plainScript } from './plain-script.ts'

const home = '/opt/parley'

/** Node, where the image of the application has it. */
export const nodeProgram = '/usr/bin/node'
/** What Node runs there. */
export const mainFile = `${home}/${entryPackage}/src/main.js`

/** The version of Parley, and of the Node that it brings. */
export function applicationVersions(): { readonly parley: string; readonly node: string } {
  const text = readFileSync(join(repository, entryPackage, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return { parley: version, node: process.versions.node }
}

/**
 * Lays Parley out in `folder`, which stands for `/`: the Node that runs this, without symbols and with its licences, the scripts of
 * the command and of each package that it imports, without their types, and what is needed of the packages of others, linked to each other as they
 * are here. No tests, and nothing that only development needs.
 */
export function layOutApplication(folder: string): void {
  const { own, foreign, links } = applicationPackages()
  put(withoutSymbols(readFileSync(process.execPath)), join(folder, nodeProgram), 0o755)
  put(readFileSync(join(dirname(process.execPath), '../LICENSE')), join(folder, '/usr/share/doc/node/LICENSE'), 0o644)
  for (const at of own) {
    const target = join(folder, home, at)
    layOutScripts(join(repository, at, 'src'), join(target, 'src'))
    const manifest = plainManifest(readFileSync(join(repository, at, 'package.json'), 'utf8'))
    put(manifest, join(target, 'package.json'), 0o644)
  }
  for (const { folder: at } of foreign) copy(join(repository, at), join(folder, home, at), isNeedless)
  for (const [path, target] of links) {
    const link = join(folder, home, path)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(target, link)
  }
}

/** All scripts of ours in a folder but tests. NOTE: a router starts in half the time without their types. */
function layOutScripts(source: string, target: string): void {
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue
    const plain = plainScript(readFileSync(join(source, path), 'utf8'))
    put(plain, join(target, path.replace(/\.ts$/, '.js')), 0o644)
  }
}

/** Copies the files of a folder but those that `leaveOut` names by their path in it. Links within a package lead to commands, and stay here. */
function copy(source: string, target: string, leaveOut: (path: string) => boolean): void {
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const path = relative(source, join(entry.parentPath, entry.name))
    if (!entry.isFile() || leaveOut(path)) continue
    mkdirSync(dirname(join(target, path)), { recursive: true })
    copyFileSync(join(source, path), join(target, path))
  }
}

function put(content: Buffer | string, target: string, mode: number): void {
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, content)
  chmodSync(target, mode)
}
