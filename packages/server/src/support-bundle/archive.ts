import { gzipSync } from 'node:zlib'

/** A file of an archive. */
export interface ArchiveFile {
  /** Up to 100 characters of ASCII, with `/` between folders. */
  readonly name: string
  readonly content: string
}

const blockBytes = 512

/** A .tar.gz (POSIX ustar) of `files`, all readable to their owner only; `seconds` since 1970 is when they were made. */
export function archiveOf(files: readonly ArchiveFile[], seconds: number): Buffer {
  const blocks = files.flatMap(({ name, content }) => {
    const bytes = Buffer.from(content)
    const padding = Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)
    return [headerOf(name, bytes.length, seconds), bytes, padding]
  })
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]))
}

function headerOf(name: string, size: number, seconds: number): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`no name for a file of an archive: ${name}`)
  const header = Buffer.alloc(blockBytes)
  const put = (text: string, at: number): void => void header.write(text, at, 'latin1')
  const putNumber = (value: number, at: number, width: number): void =>
    put(`${value.toString(8).padStart(width - 1, '0')}\0`, at)
  put(name, 0)
  putNumber(0o600, 100, 8)
  putNumber(0, 108, 8)
  putNumber(0, 116, 8)
  putNumber(size, 124, 12)
  putNumber(Math.floor(seconds), 136, 12)
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
