import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's root. */
export const root = join(import.meta.dirname, '..', '..')

/** One text file of the project; `path` is relative to its root. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Something a check does not accept. */
export interface Finding {
  readonly path: string
  /** 1 for the first; absent where the whole file is meant. */
  readonly line?: number
  readonly message: string
}

/** Every text file that git tracks, or would track. */
export function readProject(): SourceFile[] {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const files: SourceFile[] = []
  for (const path of new Set(names.split('\0').filter(Boolean))) {
    const text = readText(path)
    if (text !== undefined) files.push({ path, text })
  }
  return files
}

/** Finds `pattern` (with the flag g) in code, comments left out unless asked for. */
export function findLines(
  { path, text }: SourceFile,
  pattern: RegExp,
  message: string,
  { comments = false }: { comments?: boolean } = {},
): Finding[] {
  const findings: Finding[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const searched = comments ? line : withoutComment(line)
    if (searched.search(pattern) >= 0) findings.push({ path, line: index + 1, message })
  }
  return findings
}

/** The number of the line that holds `offset`. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Prints what was found and leaves with 1 when there is anything. */
export function report(findings: readonly Finding[]): void {
  for (const { path, line, message } of findings) console.log(`${path}${line ? `:${line}` : ''}  ${message}`)
  if (findings.length > 0) process.exitCode = 1
}

function withoutComment(line: string): string {
  return line.replace(/^\s*(?:\/\/|\/?\*).*$/, '').replace(/\s\/\/ .*$/, '')
}

function readText(path: string): string | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(join(root, path))
  } catch {
    // NOTE: git still lists a file that was deleted but not yet committed.
    return undefined
  }
  return bytes.includes(0) ? undefined : bytes.toString()
}
