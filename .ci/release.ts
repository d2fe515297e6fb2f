/**
 * `npm run release`: checks that a version can be released, makes its files in a new folder, and tags the commit. docs/releasing.md tells
 * how; `--help` what can be chosen.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { thisPlatform } from '../deploy/images/platform.ts'
import { run } from '../deploy/images/run.ts'
import { readProject, root } from './checks/source-file.ts'
import { productVersion, versionFindings } from './checks/versions.ts'
import { findGoTool } from './go-tools.ts'
import { signStatement } from './release/envelope.ts'
import { provenance } from './release/provenance.ts'
import { obstacles, tagOf } from './release/readiness.ts'
import { artifactOf, checksums, makeReleaseFiles } from './release/release-files.ts'

const help = `Makes a release: images, their bills of materials, the chart, checksums and provenance, and a tag.

  node .ci/release.ts --output <folder> [options] [image ...]

Images (all if none is given) are those of deploy/images/build.ts. Options:
  --output <folder>      where the files go; it must not be there yet
  --dry-run              tell what stands in the way and go on, and tag nothing
  --sign-with <command>  sign the provenance: the shell runs the command, which reads what to sign and prints a signature in base64
  --builder <uri>        who builds, for the provenance: "urn:parley:builder:unnamed" if not given
  --help                 print this`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    'sign-with': { type: 'string' },
    builder: { type: 'string', default: 'urn:parley:builder:unnamed' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(help)
else if (values.output === undefined || existsSync(values.output)) {
  console.error(`--output must name a folder that is not there yet (see --help)`)
  process.exitCode = 2
} else await release(values.output)

async function release(folder: string): Promise<void> {
  const isTrial = values['dry-run']
  const files = readProject()
  const version = productVersion(files)
  const changes = git('status', '--porcelain').split('\n').filter(Boolean)
  const helm = findGoTool('helm')
  const found = obstacles({
    version,
    changes,
    changesets: readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md'),
    changelog: files.find(({ path }) => path === 'packages/server/CHANGELOG.md')?.text ?? '',
    tags: git('tag', '--list').split('\n'),
    disagreements: versionFindings(files).map(({ path, message }) => `${path} ${message}`),
    hasHelm: helm !== undefined,
  })
  for (const obstacle of found) console.log(`in the way: ${obstacle}`)
  if (found.length > 0 && !isTrial) {
    process.exitCode = 1
    return
  }

  const revision = changes.length === 0 ? git('rev-parse', 'HEAD') : undefined
  const { architecture } = thisPlatform()
  await makeReleaseFiles({ version, revision, images: positionals, architecture, helm }, folder)
  const artifacts = await Promise.all(
    readdirSync(folder)
      .sort()
      .map((name) => artifactOf(folder, name)),
  )
  const lockFiles = await Promise.all(
    ['.tools/package-lock.json', 'pnpm-lock.yaml'].map((name) => artifactOf(root, name)),
  )
  const { builder } = values
  const statement = JSON.stringify(
    provenance(artifacts, { version, revision, builder, nodeVersion: process.versions.node, lockFiles }),
  )
  const name = `parley-${version}-linux-${architecture}.intoto`
  writeFileSync(join(folder, `${name}.json`), `${statement}\n`)
  if (values['sign-with'] !== undefined)
    writeFileSync(join(folder, `${name}.jsonl`), `${JSON.stringify(signStatement(statement, values['sign-with']))}\n`)
  writeFileSync(join(folder, 'SHA256SUMS'), checksums(artifacts))
  process.stdout.write(readFileSync(join(folder, 'SHA256SUMS')))

  const tag = ['tag', '--annotate', tagOf(version), '--message', `Parley ${version}`, revision ?? 'HEAD']
  if (!isTrial) git(...tag)
  console.log(
    `${isTrial ? 'would run' : 'ran'}: git ${tag.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`,
  )
}

function git(...words: readonly string[]): string {
  return run('git', '-C', root, ...words)
}
