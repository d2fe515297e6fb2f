import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenNodeStore } from '@parley/domain/contracts'
import { NodeStoreLmdb } from '../src/index.ts'

/** A directory that goes with its scope. */
export async function temporaryDirectory(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'parley-lmdb-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** An empty LMDB store in a directory of its own. */
export async function temporaryStore(): Promise<OpenNodeStore & { store: NodeStoreLmdb; reopen: () => Promise<void> }> {
  const directory = await temporaryDirectory()
  const opened = {
    store: await NodeStoreLmdb.open(directory),
    async reopen() {
      await opened.store[Symbol.asyncDispose]()
      opened.store = await NodeStoreLmdb.open(directory)
    },
    async [Symbol.asyncDispose]() {
      await opened.store[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
  return opened
}
