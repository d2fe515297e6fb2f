import { readFileSync, statSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { ConfigError } from './load-config.ts'

const mostBytes = 65_536

/**
 * The content of a file that holds a secret, without the line end that editors add. Throws ConfigError, which names the file
 * and what to change, never the content.
 */
export function readSecretFile(path: string, setting: string): string {
  const file = resolvePath(path)
  try {
    const { size, mode } = statSync(file)
    if (size > mostBytes) throw new ConfigError(`${file}, which "${setting}" names, is too long for a secret`)
    if ((mode & 0o007) !== 0) {
      throw new ConfigError(`${file}, which "${setting}" names, is open to everybody; chmod o-rwx it`)
    }
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (text === '') throw new ConfigError(`${file}, which "${setting}" names, is empty`)
    return text
  } catch (err) {
    if (err instanceof ConfigError) throw err
    throw new ConfigError(`cannot read ${file}, which "${setting}" names`, { cause: err })
  }
}

/** The content of a file with certificates or a key, in PEM. Throws ConfigError. */
export function readPemFile(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (err) {
    throw new ConfigError(`cannot read ${resolvePath(path)}, which "${setting}" names`, { cause: err })
  }
}
