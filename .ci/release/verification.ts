import type { KeyObject } from 'node:crypto'
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEnvelope } from './envelope.ts'
import { readProvenance, type StatedOrigin } from './provenance.ts'
import { artifactOf, checksums } from './release-files.ts'

/** Whether files are those of a release. */
export interface Verdict {
  /** What is wrong, each with the name of its file; none when all is good. */
  readonly findings: readonly string[]
  /** What the owner of the key says that it is; undefined when that is not known. */
  readonly release?: StatedOrigin & { readonly files: number }
}

/**
 * Compares a folder with the signed statement in it: every file that the statement names must be there and be the one that was signed, and
 * nothing else may be, but what repeats the statement unsigned, and that must say the same.
 */
export async function verifyRelease(folder: string, publicKey: KeyObject): Promise<Verdict> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  const envelopes = entries.flatMap(({ name }) => (name.endsWith('.intoto.jsonl') ? [name] : []))
  const [envelope] = envelopes
  if (envelope === undefined || envelopes.length > 1)
    return { findings: [`there must be one signed statement (*.intoto.jsonl), and here are ${envelopes.length}`] }

  const read = readStatement(readFileSync(join(folder, envelope), 'utf8'), publicKey)
  if (typeof read === 'string') return { findings: [`${envelope} is ${read}`] }
  const { statement, artifacts, origin } = read

  const digests = new Map(artifacts.map(({ name, sha256 }) => [name, sha256]))
  const copies = new Map([
    [envelope.replace(/l$/, ''), `${statement}\n`],
    ['SHA256SUMS', checksums(artifacts)],
  ])
  const others = entries.filter(({ name }) => name !== envelope)
  const found = await Promise.all(others.map((entry) => findingOf(folder, entry, digests, copies)))
  const there = new Set(entries.map(({ name }) => name))
  const missing = artifacts.flatMap(({ name }) => (there.has(name) ? [] : [`${name} is missing`]))
  const findings = [...found.flatMap((finding) => finding ?? []), ...missing]
  return { findings, release: { ...origin, files: artifacts.length } }
}

/** What the envelope holds, or what it is instead. */
function readStatement(envelope: string, publicKey: KeyObject) {
  try {
    const statement = openEnvelope(envelope, publicKey)
    if (statement === undefined) return 'not signed with this key'
    const provenance = readProvenance(statement)
    return provenance === undefined ? 'not about the files of a release' : { statement, ...provenance }
  } catch {
    // Neither JSON nor with the fields that it must have.
    return 'no signed statement'
  }
}

async function findingOf(
  folder: string,
  entry: Dirent,
  digests: ReadonlyMap<string, string>,
  copies: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const { name } = entry
  const [sha256, copy] = [digests.get(name), copies.get(name)]
  if (sha256 === undefined && copy === undefined) return `${name} was not signed`
  if (!entry.isFile()) return `${name} is no plain file`
  if (sha256 !== undefined)
    return (await artifactOf(folder, name)).sha256 === sha256 ? undefined : `${name} is not the file that was signed`
  return readFileSync(join(folder, name), 'utf8') === copy ? undefined : `${name} does not say what was signed`
}
