import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CorruptStoreError, type StoredNode } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { open } from 'lmdb'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { NodeStoreLmdb, StoreFormatError } from '../src/index.ts'
import { epochKey, formatKey, headKey } from '../src/keys.ts'
import { encodeRecord } from '../src/record.ts'
import { roundChanges } from './round.ts'
import { temporaryDirectory } from './temporary-store.ts'

const secret = 'kept-between-us'

describe('NodeStoreLmdb on damaged files', () => {
  let sound: string
  let content: StoredNode[]

  beforeAll(async () => {
    const directory = await temporaryDirectory()
    sound = directory.path
    const store = await NodeStoreLmdb.open(directory)
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => {
        const node = userUrl('im.example.com', `${secret}${index}`)
        return store.commit(node, roundChanges(node, index + 1), 1)
      }),
    )
    content = await Array.fromAsync(store.load())
    await store[Symbol.asyncDispose]()
    return () => directory[Symbol.asyncDispose]()
  })

  it('reads an undamaged copy', async () => {
    expect(await load(await copy())).toEqual(content)
    expect(content).toHaveLength(60)
  })

  it('finds a truncation instead of dying of SIGBUS', async () => {
    const path = await copy()
    const file = join(path, 'data.mdb')
    const size = statSync(file).size
    for (let kept = size - 4096; kept >= 0; kept -= 4096) {
      truncateSync(file, kept)
      // NOTE: the last pages may be free ones.
      if (kept > size / 2) await unharmedOrCorrupt(path, `${kept} bytes`)
      else await expect(load(path), `${kept} bytes`).rejects.toThrow(CorruptStoreError)
    }
  })

  it('finds that the file is gone', async () => {
    const path = await copy()
    rmSync(join(path, 'data.mdb'))
    await expect(load(path)).rejects.toThrow(/data\.mdb is damaged: it is missing or empty; stop the server/)
  })

  it('finds a file of something else', async () => {
    const path = await copy()
    for (const garbage of ['x', 'x'.repeat(100_000)]) {
      writeFileSync(join(path, 'data.mdb'), garbage)
      await expect(load(path)).rejects.toThrow(CorruptStoreError)
    }
  })

  it('finds an overwritten page, or none of its records has changed', async () => {
    const path = await copy()
    const file = join(path, 'data.mdb')
    const bytes = readFileSync(file)
    for (let page = 0; page < bytes.length; page += 4096) {
      writeFileSync(file, Buffer.from(bytes).fill(0xa5, page, page + 4096))
      await unharmedOrCorrupt(path, `page at ${page}`)
    }
  })

  it('finds a flipped bit wherever it matters', { timeout: 120_000 }, async () => {
    const path = await copy()
    const file = join(path, 'data.mdb')
    const bytes = readFileSync(file)
    // NOTE: each bit of the first two pages' heads, then a stride that is prime to the size of pages and records.
    const places = [
      ...Array(320).keys(),
      ...Array(184)
        .keys()
        .map((offset) => 4096 + offset),
    ]
    for (let place = 8_200; place < bytes.length; place += 2_003) places.push(place)
    for (const [index, place] of places.entries()) {
      const flipped = Buffer.from(bytes)
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (index % 8))
      writeFileSync(file, flipped)
      await unharmedOrCorrupt(path, `byte ${place}`)
    }
  })

  it('names the record and what to do, but nothing of its content', async () => {
    const path = await copy()
    const file = join(path, 'data.mdb')
    const bytes = readFileSync(file, 'latin1')
    writeFileSync(file, bytes.replaceAll('"pragma/notify"', '"pragma/notifX"'), 'latin1')
    const error = await load(path).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CorruptStoreError)
    expect(String(error)).toMatch(
      /record "http:\S+ s 1" cannot be read: its checksum is wrong; .*restore it from a backup/,
    )
    expect(String(error)).not.toContain('notifX')
  })

  it('refuses records that it would not have written, although their checksum is right', async () => {
    const node = userUrl('im.example.com', 'alice')
    const unfit: [readonly (string | number)[], unknown][] = [
      [headKey(node), ['user', null, null, 'asleep', null]],
      [headKey(node), ['user', 'HTTP://im.example.com/instmsg/aliases/Alice', null, null, null]],
      [headKey(node), ['user', null, [[['planet'], 'any', [], []]], null, null]],
      [
        [node, 's', 0],
        ['pragma/notify', node, ['node', node], node, node, 1],
      ],
      [
        [node, 's', 1],
        ['pragma/notify', node, ['callback', 'h', '127.0.0.1', 70_000, '/'], node, node, 1],
      ],
      [
        [node, 'v', 1],
        ['online', 'offline', '1', null],
      ],
      [[node, 'q'], []],
      [
        ['not a url', 'h'],
        ['user', null, null, null],
      ],
      [epochKey, -1],
    ]
    for (const [key, record] of unfit) {
      const path = await copy()
      await write(path, key, record)
      await expect(load(path), JSON.stringify([key, record])).rejects.toThrow(CorruptStoreError)
    }
  })

  it('refuses a store of a newer version', async () => {
    const path = await copy()
    await write(path, formatKey, 2)
    await expect(load(path)).rejects.toThrow(StoreFormatError)
  })

  async function copy(): Promise<string> {
    const directory = await temporaryDirectory()
    onTestFinished(() => directory[Symbol.asyncDispose]())
    cpSync(sound, directory.path, { recursive: true })
    return directory.path
  }

  async function unharmedOrCorrupt(path: string, what: string): Promise<void> {
    const result = await load(path).catch((error: unknown) => error)
    if (!(result instanceof CorruptStoreError)) expect(result, what).toEqual(content)
  }
})

async function load(path: string): Promise<StoredNode[]> {
  await using store = await NodeStoreLmdb.open({ path })
  return await Array.fromAsync(store.load())
}

async function write(path: string, key: readonly (string | number)[], record: unknown): Promise<void> {
  const database = open<Buffer, (string | number)[]>({
    path,
    encoding: 'binary',
    overlappingSync: false,
    noSubdir: false,
  })
  await database.put([...key], encodeRecord(key, record))
  await database.close()
}
