import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { NodeStoreLmdb, StoreFormatError, StoreInUseError } from '@parley/adapter-lmdb'
import { CorruptStoreError } from '@parley/domain'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const mebibyte = 1024 * 1024
const leastBytes = 100 * mebibyte
const comfortableBytes = 1024 * mebibyte

/** The directory of the store: there, private, writable, with space, and everything in it can be read. */
export async function checkData(data: string): Promise<readonly Finding[]> {
  const path = resolve(data)
  const found = await stat(path).catch(() => undefined)
  if (!found) return [await checkMissing(path)]
  if (!found.isDirectory()) return [fail(`${path} is no directory`, 'let data name a directory')]
  if (!(await isWritable(path))) {
    return [
      fail(`${path} cannot be written by this user`, `run doctor as the server's user, or: chown it to that user`),
    ]
  }
  const others = (found.mode & 0o077) === 0 ? [] : [warn(`${path} is open to other users`, `chmod 700 ${path}`)]
  return [...others, await checkStore(path), await checkSpace(path)]
}

async function checkMissing(path: string): Promise<Finding> {
  const parent = dirname(path)
  if (await isWritable(parent)) return ok(`${path} does not exist yet; the server makes it`)
  return fail(`${path} does not exist and cannot be made`, `mkdir -p -m 700 ${path}, and chown it to the server's user`)
}

async function checkStore(path: string): Promise<Finding> {
  // NOTE: to open a store makes one, which is not for a doctor to do.
  if (!(await isThere(join(path, 'data.mdb'))) && !(await isThere(join(path, 'parley-store')))) {
    return ok(`${path} holds no store yet; the server makes it`)
  }
  try {
    await using store = await NodeStoreLmdb.open({ path })
    let nodes = 0
    for await (const _ of store.load()) nodes += 1
    return ok(`the store in ${path} is whole: ${nodes} nodes`)
  } catch (error) {
    if (error instanceof StoreInUseError) return ok(`the store in ${path} is in use by a running server`)
    if (error instanceof CorruptStoreError || error instanceof StoreFormatError) {
      return fail(error.message, 'do as it says before you start the server')
    }
    return fail(`the store in ${path} cannot be opened: ${reasonOf(error)}`, 'check the permissions of its files')
  }
}

async function checkSpace(path: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  const what = `${Math.floor(free / mebibyte)} MiB are free for ${path}`
  if (free >= comfortableBytes) return ok(what)
  const todo = 'make space: a full disk makes the server refuse changes with 503'
  return free < leastBytes ? fail(what, todo) : warn(what, todo)
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function isWritable(path: string): Promise<boolean> {
  return await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}
