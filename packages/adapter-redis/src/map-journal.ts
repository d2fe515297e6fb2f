import { createHash } from 'node:crypto'
import type { MapEntry } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { z } from 'zod'
import { nodeOfPart, nodePart } from './keys.ts'
import { readEntry, writeEntry } from './location-entry.ts'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

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

/** Takes notes out that are still what they were. KEYS: notes. ARGV: for each node, SHA-1 of the note. Gives the places of the others. */
const endScript = script(`
local others = {}
for i = 1, #ARGV, 2 do
  local note = redis.call('HGET', KEYS[1], ARGV[i])
  if note and redis.sha1hex(note) == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i])
  else table.insert(others, (i - 1) / 2) end
end
return others
`)

/** Marks a note, if it is there. KEYS: notes. ARGV: node. */
const takeScript = script(`
local note = redis.call('HGET', KEYS[1], ARGV[1])
if not note then return false end
if string.sub(note, 1, 1) == '[' then redis.call('HSET', KEYS[1], ARGV[1], ' ' .. note) end
return note
`)

const noteSchema = z.tuple([z.string(), z.string()])

/**
 * Notes of entries that are being written, so that whoever writes next can finish what a process leaves half done. Who finishes it cannot
 * know whether that process is dead, or slow: he marks the note, and a process that finds its note marked, or gone, looks after its entry
 * itself.
 */
export class MapJournal {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async begin(changes: readonly EntryChange[]): Promise<void> {
    const { changing } = this.#connection.keys
    const fields = changes.flatMap((change) => [nodePart(change.node), writeNote(change)])
    await this.#connection.run(changing, (client) => client.hset(changing, ...fields))
  }

  /** Takes the notes of `begin` out. Gives the changes whose notes somebody has marked or taken out meanwhile. */
  async end(changes: readonly EntryChange[]): Promise<readonly EntryChange[]> {
    const args = changes.flatMap((change) => [
      nodePart(change.node),
      createHash('sha1').update(writeNote(change)).digest('hex'),
    ])
    const others = await this.#connection.runScript(endScript, [this.#connection.keys.changing], args)
    return Array.isArray(others) ? changes.filter((_, at) => others.includes(at)) : []
  }

  async forget(nodes: readonly LogicalUrl[]): Promise<void> {
    const { changing } = this.#connection.keys
    await this.#connection.run(changing, (client) => client.hdel(changing, ...nodes.map(nodePart)))
  }

  /** Marks all notes, and gives them. */
  async take(): Promise<readonly Note[]> {
    const { changing } = this.#connection.keys
    const notes: Note[] = []
    for (const part of await this.#connection.run(changing, (client) => client.hkeys(changing))) {
      const text = await this.#connection.runScript(takeScript, [changing], [part])
      const node = nodeOfPart(part)
      if (!node) await this.#connection.run(changing, (client) => client.hdel(changing, part))
      else if (typeof text === 'string') notes.push({ node, entries: readNote(node, text) })
    }
    return notes
  }
}

function writeNote({ former, entry }: EntryChange): string {
  return JSON.stringify([former, entry ? writeEntry(entry) : ''])
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
