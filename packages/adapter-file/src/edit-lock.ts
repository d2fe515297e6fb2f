import { type FileHandle, link, open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { UsersFileError } from './users-file-error.ts'

const attempts = 100
const pauseMs = 50

/**
 * Takes the lock beside `path`, so that two commands do not undo each other's changes; waits a few seconds for whoever has it.
 * A lock whose process is gone is taken over. Throws UsersFileError.
 */
export async function lockForEditing(path: string): Promise<AsyncDisposable> {
  const lock = `${path}.lock`
  for (let attempt = 0; attempt < attempts; attempt++) {
    const file = await create(lock, path)
    if (file) return await hold(file, lock)
    if (!(await removeStale(lock))) await wait(pauseMs)
  }
  throw new UsersFileError(`${path} is being changed by another command; if there is none, remove ${lock}`)
}

async function create(lock: string, path: string): Promise<FileHandle | undefined> {
  try {
    return await open(lock, 'wx', 0o600)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'EEXIST') return undefined
    throw new UsersFileError(`${path} cannot be changed: no lock can be made beside it (${code})`, { cause })
  }
}

async function hold(file: FileHandle, lock: string): Promise<AsyncDisposable> {
  await file.writeFile(`${process.pid} ${hostname()}`)
  await file.close()
  return { [Symbol.asyncDispose]: () => rm(lock, { force: true }) }
}

/** Whether a lock of a dead process of this machine was there, and is gone now. */
async function removeStale(lock: string): Promise<boolean> {
  const owner = await readOwner(lock)
  if (owner === undefined || !isGone(owner)) return false
  // NOTE: somebody else may have taken it over since we looked; a renamed lock can be looked at in peace, and put back.
  const aside = `${lock}.${process.pid}`
  try {
    await rename(lock, aside)
    if ((await readOwner(aside)) !== owner) await link(aside, lock)
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT' && codeOf(cause) !== 'EEXIST') throw cause
  } finally {
    await rm(aside, { force: true })
  }
  return true
}

async function readOwner(lock: string): Promise<string | undefined> {
  try {
    return await readFile(lock, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether the process `pid` of `pid host` runs no more; one of another machine, or not written yet, is taken to run. */
function isGone(owner: string): boolean {
  const [, pid, host] = /^([1-9][0-9]{0,9}) (.+)$/.exec(owner) ?? []
  if (pid === undefined || host !== hostname()) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (cause) {
    return codeOf(cause) === 'ESRCH'
  }
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
