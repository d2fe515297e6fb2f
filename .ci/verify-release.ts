/** Checks that the files of a release are those that the owner of a key signed (docs/releasing.md). Needs Node alone, and no package. */
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Verdict, verifyRelease } from './release/verification.ts'

const help = `Checks that the files of a release are those that the owner of a key signed: none changed, none missing, none more.

  node .ci/verify-release.ts --key <file> <folder>

Options:
  --key <file>  the public key (PEM). Get it, and this script, in another way than the files.
  --help        print this

Leaves with 0 if all is good, 1 if anything is not, 2 if it cannot tell.`

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { key: { type: 'string' }, help: { type: 'boolean', default: false } },
  })
  const [folder] = positionals
  if (values.help) console.log(help)
  else if (values.key === undefined || folder === undefined || positionals.length > 1)
    throw new Error('--key and one folder are needed (see --help)')
  else tell(await verifyRelease(folder, createPublicKey(readFileSync(values.key))))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

function tell({ findings, release }: Verdict): void {
  // NOTE: whoever brought the files has chosen their names, and these must not steer the terminal.
  for (const finding of findings) console.error(finding.replaceAll(/\p{Cc}/gu, '?'))
  if (findings.length > 0 || release === undefined) {
    console.error('REFUSED: use none of these files')
    process.exitCode = 1
  } else {
    const { version, revision, builder, files } = release
    const source = revision === undefined ? 'of no commit' : `commit ${revision}`
    console.log(`good: Parley ${version}, ${source}, built by ${builder}; ${files} files`)
  }
}
