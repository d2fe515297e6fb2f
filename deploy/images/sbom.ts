import type { ImageDescription } from './descriptions.ts'
import type { Platform } from './platform.ts'

/** A Debian package that a file of an image comes from. */
export interface DebianPackage {
  readonly name: string
  readonly version: string
}

/** A component of the application, as CycloneDX 1.6 describes it. */
export interface Component {
  readonly type: 'application' | 'library'
  /** What `dependencies` call it: its purl. */
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly cpe?: string
  readonly licenses?: readonly License[]
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[]
}

/** An SPDX expression, or the name of a licence that SPDX does not know. */
export type License = { readonly expression: string } | { readonly license: { readonly name: string } }

/** What an application is made of besides Debian packages, and which part needs which, by `bom-ref`; '' is the application itself. */
export interface ApplicationBill {
  readonly components: readonly Component[]
  readonly needs: ReadonlyMap<string, readonly string[]>
}

// Every licence besides is named by the text that the image has at that path.
const debianLicenses: Readonly<Record<string, string>> = {
  'ca-certificates': 'MPL-2.0 AND GPL-2.0-or-later',
  libatomic1: 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
}

/** Where an image holds its bill of materials; scanners look for files that end so. */
export function sbomFile({ name }: ImageDescription): string {
  return `/usr/share/sbom/${name}.cdx.json`
}

/**
 * The bill of materials of an image: a JSON document of CycloneDX 1.6 that names every package in it, with its version, its licence,
 * and the digest under which its registry has it. The same parts always give the same bytes: it has no serial number, and says
 * nothing of when it was made, both of which CycloneDX leaves free.
 */
export function sbomOf(
  { name, title, application }: ImageDescription,
  { version, packages }: { readonly version: string; readonly packages: readonly DebianPackage[] },
  { architecture }: Platform,
): string {
  const self = `pkg:generic/parley-image/${name}@${encodeURIComponent(version)}`
  const bill = application?.bill() ?? { components: [], needs: new Map<string, string[]>() }
  const libraries = packages.map((each) => debianComponent(each, architecture))
  const needs = [
    [self, [...(bill.needs.get('') ?? []), ...libraries.map((each) => each['bom-ref'])]] as const,
    ...[...bill.needs].filter(([from]) => from !== ''),
  ]
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'container', 'bom-ref': self, name, version, description: title } },
    components: [...bill.components, ...libraries],
    dependencies: needs.map(([ref, dependsOn]) => ({ ref, dependsOn: [...new Set(dependsOn)].sort() })),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

function debianComponent({ name, version }: DebianPackage, architecture: string): Component {
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`
  const expression = debianLicenses[name]
  const text = `as /usr/share/doc/${name}/copyright says`
  const license: License = expression === undefined ? { license: { name: text } } : { expression }
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses: [license] }
}
