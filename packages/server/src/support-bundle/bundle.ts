import { reasonOf } from '../doctor/finding.ts'
import { type ArchiveFile, archiveOf } from './archive.ts'
import { type BundlePart, jsonFile } from './part.ts'
import type { Redaction } from './redaction.ts'

/** What became of a bundle. */
export interface Bundle {
  readonly archive: Buffer
  /** The files in it. */
  readonly names: readonly string[]
  /** What could not be had, and why. */
  readonly failed: readonly { readonly what: string; readonly reason: string }[]
}

interface Entry {
  readonly name: string
  readonly what: string
  readonly bytes: number
  /** How often something was left out or replaced, by the reason. */
  readonly redacted: Readonly<Record<string, number>>
}

/** Collects the parts one after the other, each as far as it can be had, and adds a manifest. `tell` hears of each. */
export async function makeBundle(
  parts: readonly BundlePart[],
  {
    redaction,
    now,
    tell,
  }: { readonly redaction: Redaction; readonly now: number; readonly tell: (line: string) => void },
): Promise<Bundle> {
  const folder = `parley-support-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
  const files: ArchiveFile[] = []
  const entries: Entry[] = []
  const failed: { what: string; reason: string }[] = []
  for (const part of parts) {
    const before = new Map(redaction.counts)
    const what = redaction.secrets(part.what)
    try {
      const collected = await part.collect()
      for (const file of collected) {
        const [name, clean] = [redaction.secrets(file.name), redaction.secrets(file.content)]
        files.push({ name: `${folder}/${name}`, content: clean })
        entries.push({ name, what, bytes: Buffer.byteLength(clean), redacted: difference(redaction, before) })
      }
      tell(`ok      ${what}`)
    } catch (error) {
      const reason = redaction.text(reasonOf(error))
      failed.push({ what, reason })
      tell(`missing ${what}: ${reason}`)
    }
  }
  const manifest = {
    madeAt: new Date(now).toISOString(),
    keepsNames: redaction.keepsNames,
    reasons,
    files: entries,
    failed,
  }
  const { name, content } = jsonFile(`${folder}/manifest.json`, manifest)
  const all = [{ name, content: redaction.secrets(content) }, ...files]
  return { archive: archiveOf(all, now / 1000), names: all.map(({ name }) => name), failed }
}

/** What the reasons in a manifest mean. */
const reasons = {
  secret:
    'the content of a file of the configuration that holds a secret, what stands in place of such a file, or a spelling of it',
  pattern: 'looks like a password, key, token, hash or header that proves who somebody is',
  name: 'names a person: the same pseudonym stands for the same person within this bundle',
  address: 'the address of a client: the same pseudonym stands for the same address',
  markup: 'XML and the like, in which a message could be',
  'unknown field': 'a field that the log of Parley does not have, and what it is called',
  'unknown line': 'a line that is not of the log of Parley',
  setting: 'a setting that Parley does not have',
}

function difference(redaction: Redaction, before: ReadonlyMap<string, number>): Record<string, number> {
  const changed = [...redaction.counts].map(([reason, count]) => [reason, count - (before.get(reason) ?? 0)] as const)
  return Object.fromEntries(changed.filter(([, count]) => count > 0))
}
