import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsersFileError } from './users-file-error.ts'

/**
 * Writes `path` whole or not at all, durably, open to its owner only; an existing file's owner stays, and its group if that could
 * read it (an administrator edits as root what the service reads). The caller holds the file's lock. Rejects with UsersFileError.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  await rm(temporary, { force: true })
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(text)
    await keepReaders(file, path)
    await file.sync()
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown error'
    throw new UsersFileError(`${path} cannot be written (${code}); it is as it was`, { cause })
  }
  await using directory = await open(dirname(path))
  await directory.sync()
}

async function keepReaders(file: FileHandle, path: string): Promise<void> {
  const [now, before] = [await file.stat(), await stat(path).catch(() => undefined)]
  if (!before) return
  const isMoved = now.uid !== before.uid || now.gid !== before.gid
  const isRoot = process.getuid?.() === 0
  if (isRoot && isMoved) await file.chown(before.uid, before.gid)
  const isGroupKept = isRoot || now.gid === before.gid
  // A file that was open to everybody is closed: its group was nobody's choice.
  const isPrivate = (before.mode & 0o007) === 0
  if (isGroupKept && isPrivate) await file.chmod(0o600 | (before.mode & 0o040))
}
