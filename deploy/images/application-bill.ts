import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { applicationPackages, type ForeignPackage, repository } from './application-packages.ts'
import type { ApplicationBill, Component } from './sbom.ts'

/** The bill of what the application is made of besides Debian packages: Node, and packages of npm with the digests of the lock file. */
export function applicationBill(nodeVersion: string): ApplicationBill {
  const { foreign, direct } = applicationPackages()
  const digests = lockedDigests()
  const references = new Map(foreign.map((each) => [each.folder, purlOf(each)]))
  const referencesOf = (folders: readonly string[]) =>
    folders.map((folder) => references.get(folder)).filter((each) => each !== undefined)

  const components = new Map<string, Component>()
  const needs = new Map<string, string[]>()
  const node = nodeComponent(nodeVersion)
  components.set(node.purl, node)
  needs.set('', [node.purl, ...referencesOf(direct)])
  for (const each of foreign) {
    const purl = purlOf(each)
    components.set(purl, npmComponent(each, digests))
    // NOTE: one version of a package is there twice when it was installed beside different peers.
    needs.set(purl, [...(needs.get(purl) ?? []), ...referencesOf(each.needs)])
  }
  return { components: [...components.values()], needs }
}

function nodeComponent(version: string): Component {
  const purl = `pkg:generic/node@${version}`
  return {
    type: 'application',
    'bom-ref': purl,
    name: 'node',
    version,
    purl,
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
    licenses: [{ license: { name: 'as /usr/share/doc/node/LICENSE says' } }],
  }
}

function npmComponent(each: ForeignPackage, digests: ReadonlyMap<string, string>): Component {
  const { name, version, license } = each
  const purl = purlOf(each)
  const digest = digests.get(`${name}@${version}`)
  if (digest === undefined) throw new Error(`the lock file does not know ${name} ${version}: install again`)
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    hashes: [{ alg: 'SHA-512', content: digest }],
  }
}

/** A package URL: https://github.com/package-url/purl-spec, type npm. */
function purlOf({ name, version }: ForeignPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${encodeURIComponent(version)}`
}

/** The SHA-512 of each package's archive, in hexadecimal, by name and version. */
function lockedDigests(): ReadonlyMap<string, string> {
  const lock = parse(readFileSync(join(repository, 'pnpm-lock.yaml'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly resolution: { readonly integrity?: string } }>>
  }
  return new Map(
    Object.entries(lock.packages).flatMap(([key, { resolution }]) => {
      const [, base64] = /^sha512-(.+)$/.exec(resolution.integrity ?? '') ?? []
      return base64 === undefined ? [] : [[key, Buffer.from(base64, 'base64').toString('hex')] as const]
    }),
  )
}
