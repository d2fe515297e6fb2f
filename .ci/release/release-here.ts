/**
 * Makes the files of a release of the checkout that this script lies in, and tags the commit. `npm run release` starts it in a fresh checkout, with its
 * options in JSON.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { thisPlatform } from '../../deploy/images/platform.ts'
import { run } from '../../deploy/images/run.ts'
import { readProject, root } from '../checks/source-file.ts'
import { productVersion, versionFindings } from '../checks/versions.ts'
import { findGoTool } from '../go-tools.ts'
import { signStatement } from './envelope.ts'
import { provenance } from './provenance.ts'
import { obstacles, tagOf } from './readiness.ts'
import { artifactOf, checksums, makeReleaseFiles } from './release-files.ts'

/** What somebody who releases can choose. */
export interface ReleaseOptions {
  /** A folder that is not there yet. */
  readonly output: string
  /** Whether to go on in spite of obstacles, and tag nothing. */
  readonly isTrial: boolean
  /** A command of the shell, for `signStatement`. */
  readonly signWith?: string | undefined
  readonly builder: string
  /** As deploy/images/build.ts calls them. */
  readonly images: readonly string[]
}

/** What is here, and what stands in the way of its release. */
export interface Candidate {
  readonly version: string
  /** The commit; undefined when files are not as committed. */
  readonly revision: string | undefined
  readonly helm: string | undefined
  readonly obstacles: readonly string[]
}

/** Looks at the checkout that this script lies in. */
export function readCandidate(): Candidate {
  const files = readProject()
  const version = productVersion(files)
  const changes = git('status', '--porcelain', '--untracked-files=all').split('\n').filter(Boolean)
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
  return { version, revision: changes.length === 0 ? git('rev-parse', 'HEAD') : undefined, helm, obstacles: found }
}

/** Makes all files in the folder for them, and tags the commit; nothing but for a trial if anything is in the way, which is told. Tells whether it did. */
export async function releaseHere(options: ReleaseOptions): Promise<boolean> {
  const { output, isTrial, signWith, builder, images } = options
  const { version, revision, helm, obstacles: found } = readCandidate()
  for (const obstacle of found) console.log(`in the way: ${obstacle}`)
  if (found.length > 0 && !isTrial) return false

  const { architecture } = thisPlatform()
  await makeReleaseFiles({ version, revision, images, architecture, helm }, output)
  const artifacts = await Promise.all(
    readdirSync(output)
      .sort()
      .map((name) => artifactOf(output, name)),
  )
  const lockFiles = await Promise.all(
    ['.tools/package-lock.json', 'pnpm-lock.yaml'].map((name) => artifactOf(root, name)),
  )
  const statement = JSON.stringify(
    provenance(artifacts, { version, revision, builder, nodeVersion: process.versions.node, lockFiles }),
  )
  const name = `parley-${version}-linux-${architecture}.intoto`
  writeFileSync(join(output, `${name}.json`), `${statement}\n`)
  if (signWith !== undefined)
    writeFileSync(join(output, `${name}.jsonl`), `${JSON.stringify(signStatement(statement, signWith))}\n`)
  writeFileSync(join(output, 'SHA256SUMS'), checksums(artifacts))
  process.stdout.write(readFileSync(join(output, 'SHA256SUMS')))

  const tag = ['tag', '--annotate', tagOf(version), '--message', `Parley ${version}`, revision ?? 'HEAD']
  if (!isTrial) git(...tag)
  console.log(
    `${isTrial ? 'would run' : 'ran'}: git ${tag.map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ')}`,
  )
  return true
}

function git(...words: readonly string[]): string {
  return run('git', '-C', root, ...words)
}

if (import.meta.main) {
  const isDone = await releaseHere(JSON.parse(process.argv[2] ?? '') as ReleaseOptions)
  if (!isDone) process.exitCode = 1
}
