import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { StaleEpochError } from '@parley/domain'
import { UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { NodeStoreLmdb, StoreInUseError } from '../src/index.ts'
import { CommittingChild } from './child.ts'
import { temporaryDirectory } from './temporary-store.ts'

const alice = userUrl('im.example.com', 'alice')

describe('NodeStoreLmdb, one process at a time', () => {
  it('refuses a directory that another process uses, by whichever path', async () => {
    await using directory = await temporaryDirectory()
    await using other = await temporaryDirectory()
    const path = join(other.path, 'same')
    symlinkSync(directory.path, path)
    await using child = new CommittingChild(directory.path, 1)
    await child.until(() => child.lines.length > 0)
    await expect(NodeStoreLmdb.open(directory)).rejects.toThrow(StoreInUseError)
    await expect(NodeStoreLmdb.open({ path })).rejects.toThrow(StoreInUseError)
  })

  it('is free again once its process was killed', async () => {
    await using directory = await temporaryDirectory()
    const child = new CommittingChild(directory.path, 1)
    await child.until(() => child.lines.length > 0)
    await child.kill()
    await using store = await NodeStoreLmdb.open(directory)
    expect(await store.takeEpoch()).toBe(2)
  })

  it('is free again after closing, which may be done twice', async () => {
    await using directory = await temporaryDirectory()
    const first = await NodeStoreLmdb.open(directory)
    await first[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
    await using _second = await NodeStoreLmdb.open(directory)
    await expect(first.commit(alice, [{ kind: 'remove-node' }], 1)).rejects.toThrow(UnavailableError)
  })

  it('raises the epoch each time it is taken, and refuses the one before', async () => {
    await using directory = await temporaryDirectory()
    await using store = await NodeStoreLmdb.open(directory)
    const before = await store.takeEpoch()
    expect(await store.takeEpoch()).toBe(before + 1)
    await expect(store.commit(alice, [{ kind: 'put-head', head: { kind: 'user' } }], before)).rejects.toThrow(
      StaleEpochError,
    )
  })
})
