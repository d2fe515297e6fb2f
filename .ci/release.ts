/**
 * `npm run release`: checks that a version can be released, makes its files in a new folder, and tags the commit. docs/releasing.md tells
 * how; `--help` what can be chosen.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { root } from './checks/source-file.ts'
import { runInFreshCheckout } from './release/checkout.ts'
import { type ReleaseOptions, readCandidate, releaseHere } from './release/release-here.ts'

const help = `Makes a release: images, their bills of materials, the chart, checksums and provenance, and a tag.

  node .ci/release.ts --output <folder> [options] [image ...]

All is made in a fresh checkout of the commit, with packages fetched anew by its lock files.
Images (all if none is given) are those of deploy/images/build.ts. Options:
  --output <folder>      where the files go; it must not be there yet
  --dry-run              tell what stands in the way and go on, and tag nothing; where files are not as committed, what is made is of
                         them as they lie here, with the packages that are installed here, and names no commit
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
} else {
  const { output, 'dry-run': isTrial, 'sign-with': signWith, builder } = values
  process.exitCode = await release({ output, isTrial, signWith, builder, images: positionals })
}

/** Gives the exit code. */
async function release(options: ReleaseOptions): Promise<number> {
  const { revision, obstacles } = readCandidate()
  if (obstacles.length > 0 && !options.isTrial) {
    for (const obstacle of obstacles) console.log(`in the way: ${obstacle}`)
    return 1
  }
  // What is not as committed is in the way, so that this is a trial.
  if (revision === undefined) return (await releaseHere({ ...options, isTrial: true })) ? 0 : 1
  return runInFreshCheckout(root, revision, '.ci/release/release-here.ts', JSON.stringify(options))
}
