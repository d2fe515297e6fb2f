import { open } from 'node:fs/promises'
import { UsersFileError } from './users-file-error.ts'

/** A file's text, and a mark that is another one once the file was written or replaced. */
export interface ReadFile {
  readonly text: string
  readonly mark: string
}

const othersMayReadOrWrite = 0o007
const maxBytes = 64 * 1024 * 1024

/**
 * Reads a file that only its owner and group may open; undefined when its mark is still `knownMark`. Throws UsersFileError.
 */
export async function readPrivateFile(path: string, knownMark?: string): Promise<ReadFile | undefined> {
  try {
    return await read(path, knownMark)
  } catch (cause) {
    throw cause instanceof UsersFileError ? cause : new UsersFileError(unreadable(path, cause), { cause })
  }
}

async function read(path: string, knownMark: string | undefined): Promise<ReadFile | undefined> {
  await using file = await open(path)
  const { dev, ino, size, mtimeNs, ctimeNs, mode } = await file.stat({ bigint: true })
  const mark = [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  if (mark === knownMark) return undefined
  if (process.platform !== 'win32' && (Number(mode) & othersMayReadOrWrite) !== 0) {
    throw new UsersFileError(`${path} is open to every user of this machine; run: chmod 600 ${path}`)
  }
  if (size > maxBytes) throw new UsersFileError(`${path} is larger than ${maxBytes} bytes; is it the right file?`)
  return { text: await file.readFile('utf8'), mark }
}

function unreadable(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown error'
  if (code === 'ENOENT') return `${path} does not exist; make it with: parley user add NAME --users ${path} --enable`
  return `${path} cannot be read (${code})`
}
