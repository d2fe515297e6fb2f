import type { LogicalUrl } from '@parley/protocol'
import type { Locations, LocationWriter, MapEntry } from './locations.ts'
import type { Rename } from './renames.ts'

const mostHops = 16
const atOnce = 500

/** What `RenameWriter.rename` is asked for. */
export type WantedRename = Omit<Rename, 'sequence'>

/**
 * Where a node has gone, over several renames if need be; `latest` gives the newest rename that counts of a URL. Undefined when it has gone
 * nowhere, or came back.
 */
export async function followRenames(
  node: LogicalUrl,
  latest: (from: LogicalUrl) => Rename | undefined | Promise<Rename | undefined>,
): Promise<LogicalUrl | undefined> {
  let at = node
  let sequence = Number.NEGATIVE_INFINITY
  for (let hops = 0; hops < mostHops; hops++) {
    const next = await latest(at)
    // An older one is about somebody who had the URL before.
    if (!next || next.sequence <= sequence) break
    at = next.to
    sequence = next.sequence
  }
  return at === node ? undefined : at
}

/** Whether a rename that is asked for is the one that was recorded last of its node, so that it is not recorded again. */
export function isRecorded(wanted: WantedRename, ofFrom: Rename | undefined, ofTo: Rename | undefined): boolean {
  return ofFrom?.to === wanted.to && !(ofTo && ofTo.sequence > ofFrom.sequence)
}

/**
 * Renames nodes in the map (RenameWriter.rename): the new entries, then `record`, then the old ones out. After an end in between it can be
 * done once more: who reads the map finds the node under one of its URLs, or under both.
 */
export async function renameInMap(
  map: Pick<Locations & LocationWriter, 'entry' | 'membersOf' | 'move' | 'put' | 'putMembers' | 'remove'>,
  renames: readonly WantedRename[],
  record: (renames: readonly WantedRename[]) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < renames.length; start += atOnce) {
    const some = renames.slice(start, start + atOnce)
    const former = await Promise.all(some.map(({ from }) => map.entry(from)))
    const entries = some.flatMap(({ to }, at): MapEntry[] => {
      const entry = former[at]
      return entry ? [{ ...entry, node: to }] : []
    })
    await map.put(entries)
    await Promise.all(
      some.map(async ({ from, to }) => {
        const members = await map.membersOf(from)
        if (members) await map.putMembers(to, members)
      }),
    )
    await record(some)
    await Promise.all(
      some.map(async ({ from, to }, at) => {
        const before = former[at]
        const now = before && (await map.entry(from))
        // Somebody has moved it meanwhile, and what it has along with it.
        if (now && now.home !== before.home) await map.move(to, before.home, now.home)
      }),
    )
    await map.remove(some.map(({ from }) => from))
  }
}
