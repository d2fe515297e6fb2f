/**
 * docs/licenses.md: the licences of all packages of npm that the image has. Fails for one that `allowedLicenses` does not name, and when the page is
 * out of date; `--write` brings it up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applicationPackages, type ForeignPackage } from '../../deploy/images/application-packages.ts'
import { tableText } from './configuration.ts'
import { type Finding, report, root } from './source-file.ts'

/** Licences that let us pass a package on as a part of Parley, whatever Parley's own may be: SPDX identifiers. */
export const allowedLicenses: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
])

const page = 'docs/licenses.md'

/** Whether an SPDX expression allows it: one side of each OR, and both sides of each AND. */
export function isAllowed(expression: string): boolean {
  const plain = expression.trim().replace(/^\(([^()]*)\)$/, '$1')
  // NOTE: anything more deeply nested is not read, and so not allowed; no package has it.
  return plain.split(/ OR /).some((side) => side.split(/ AND /).every((each) => allowedLicenses.has(each.trim())))
}

/** What is wrong with the licences of packages. */
export function licenseFindings(packages: readonly ForeignPackage[]): Finding[] {
  return packages
    .filter(({ license }) => license === undefined || !isAllowed(license))
    .map(({ name, version, license }) => ({
      path: `${name} ${version}`,
      message: license === undefined ? 'states no licence' : `${license}: not among the allowed licences`,
    }))
}

/** The page; the same on every kind of processor, for which some packages come under names of their own. */
export function pageText(packages: readonly ForeignPackage[]): string {
  const rows = new Set(
    packages.map(({ name, version, license = '' }) =>
      JSON.stringify([`\`${name.replace(/-linux-(?:x64|arm64)$/, '-linux-*')}\``, version, license]),
    ),
  )
  const table = tableText(
    ['package', 'version', 'licence'],
    [...rows].sort().map((row) => JSON.parse(row) as string[]),
  )
  return `# Licences of what Parley brings

Made by \`npm run generate\` from the packages that are installed.

The image of Parley holds these packages of npm, each with the text of its licence if it came with one. Node's is in the image as
\`/usr/share/doc/node/LICENSE\`, those of Debian's libraries as \`/usr/share/doc/*/copyright\`; the bill of materials,
\`/usr/share/sbom/parley.cdx.json\`, names all of them. \`npm run check\` fails for a package under any other licence than
${[...allowedLicenses].join(', ')}.

${table}`
}

function main(options: readonly string[]): Finding[] {
  const { foreign } = applicationPackages()
  const text = pageText(foreign)
  if (options.includes('--write')) writeFileSync(join(root, page), text)
  const current = readFileSync(join(root, page), { encoding: 'utf8', flag: 'a+' })
  const stale = { path: page, message: 'is out of date: run "npm run generate" and commit it' }
  return [...licenseFindings(foreign), ...(current === text ? [] : [stale])]
}

if (import.meta.main) report(main(process.argv.slice(2)))
