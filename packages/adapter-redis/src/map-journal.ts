import type { MapEntry } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { z } from 'zod'
import { nodeOfPart, nodePart } from './keys.ts'
import { readEntry, writeEntry } from './location-entry.ts'
import type { RedisConnection } from './redis-connection.ts'

/** An entry that is to be replaced, or removed if there is no new one; `former` as it is stored, empty for none. */
export interface EntryChange {
  readonly node: LogicalUrl
  readonly entry: MapEntry | undefined
  readonly former: string
}

/** What somebody noted before he began to write. */
export interface Note {
  readonly node: LogicalUrl
  /** The entries from before and after, as far as there are any. */
  readonly entries: readonly MapEntry[]
}

const noteSchema = z.tuple([z.string(), z.string()])

/** Notes of entries that are being written, so that whoever writes next can finish what a process leaves half done. */
export class MapJournal {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async begin(changes: readonly EntryChange[]): Promise<void> {
    const { changing } = this.#connection.keys
    const fields = changes.flatMap(({ node, entry, former }) => [
      nodePart(node),
      JSON.stringify([former, entry ? writeEntry(entry) : '']),
    ])
    await this.#connection.run(changing, (client) => client.hset(changing, ...fields))
  }

  /** Whether all the notes were still there: somebody else took one that is gone for that of a process that had died. */
  async end(nodes: readonly LogicalUrl[]): Promise<boolean> {
    const { changing } = this.#connection.keys
    const parts = [...new Set(nodes.map(nodePart))]
    return (await this.#connection.run(changing, (client) => client.hdel(changing, ...parts))) === parts.length
  }

  async notes(): Promise<readonly Note[]> {
    const { changing } = this.#connection.keys
    const all = await this.#connection.run(changing, (client) => client.hgetall(changing))
    const foreign = Object.keys(all).filter((part) => !nodeOfPart(part))
    if (foreign.length > 0) await this.#connection.run(changing, (client) => client.hdel(changing, ...foreign))
    return Object.entries(all).flatMap(([part, text]) => {
      const node = nodeOfPart(part)
      return node ? [{ node, entries: readNote(node, text) }] : []
    })
  }
}

/** Both entries of a note; none when it holds something else. */
function readNote(node: LogicalUrl, text: string): MapEntry[] {
  try {
    return noteSchema
      .parse(JSON.parse(text))
      .map((entry) => readEntry(node, entry))
      .filter((entry) => entry !== undefined)
  } catch {
    return []
  }
}
