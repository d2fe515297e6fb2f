import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, normalize } from 'node:path'
import { percentDecoded } from './percent-decoded.ts'

const shortest = 6
const mostBytes = 1_000_000

/** Settings that name files with secrets in them. */
const secretSetting = /(?:^|\.)(?:\w*(?:file|key)|users)$/i

/** Whether a setting, such as `cluster.keys[0].file`, names a file with a secret in it. */
export function isSecretSetting(setting: string): boolean {
  return secretSetting.test(setting)
}

/** What is secret here, letter by letter: it is taken out of every file of a bundle, also spelled in other ways. */
export class KnownSecrets {
  /** Spellings by their first characters, so that a long text is walked through once however many there are. */
  readonly #spellings = new Map<string, string[]>()
  readonly #short = new Set<string>()

  /** Adds a secret; one that is shorter than six characters would be found everywhere, and is left to the patterns. */
  add(secret: string): void {
    const text = secret.trim()
    if (text.length < shortest) return
    for (const spelling of spellingsOf(text)) {
      const start = spelling.slice(0, shortest)
      const known = this.#spellings.get(start) ?? []
      if (known.includes(spelling)) continue
      // The longest first, as one may be the beginning of another.
      this.#spellings.set(
        start,
        [...known, spelling].sort((a, b) => b.length - a.length),
      )
    }
  }

  /** Adds a secret however short it is; one that `add` leaves alone is taken out only where it is a word of its own. */
  addAnyLength(secret: string): void {
    const text = secret.trim()
    if (text.length >= shortest) this.add(text)
    // NOTE: what JSON itself is made of is no secret, and has to stay.
    else if (!/^[{}[\]",:./\\]*$/.test(text)) this.#short.add(text).add(JSON.stringify(text).slice(1, -1))
  }

  /** `text` without them, and how many there were. */
  remove(text: string): { readonly text: string; readonly count: number } {
    let rest = ''
    let count = 0
    let from = 0
    for (let at = 0; at <= text.length - shortest; at += 1) {
      const known = this.#spellings.get(text.slice(at, at + shortest))
      const found = known?.find((spelling) => text.startsWith(spelling, at))
      if (found === undefined) continue
      rest += `${text.slice(from, at)}[secret]`
      count += 1
      from = at + found.length
      at = from - 1
    }
    rest += text.slice(from)
    for (const word of this.#short) {
      rest = rest.replace(patternOf(word), () => {
        count += 1
        return '[secret]'
      })
    }
    return { text: rest, count }
  }
}

/** NOTE: numbers and words that JSON writes without quotes are found behind one or in a path only, so that JSON stays JSON. */
function patternOf(word: string): RegExp {
  const before = /^(?:[\d.e+-]+|true|false|null)$/i.test(word) ? '(?<=["\'/]|^)' : '(?<![\\p{L}\\p{N}])'
  return new RegExp(`${before}${word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'gu')
}

/** How a secret may be spelled: as it is, in JSON, in URLs, in hex, and in base64 wherever it begins in what was encoded. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const hex = bytes.toString('hex')
  const within = [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // What stands beside it changes the characters at both ends.
    const inner = encoded.slice(before === 0 ? 0 : before + 1, bytes.length % 3 === (3 - before) % 3 ? undefined : -1)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const whole = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), hex, hex.toUpperCase()]
  return [...whole, ...within].filter(({ length }) => length >= shortest)
}

/**
 * Reads all secrets that a configuration's files hold, and its URLs; files that cannot be read hold none for us either. What stands
 * where such a file belongs and is none is a secret itself: somebody took `passwordFile` for the password.
 */
export function secretsOf(config: unknown): KnownSecrets {
  const secrets = new KnownSecrets()
  for (const { value } of settingsIn(config, '')) for (const secret of secretsInUrl(value)) secrets.add(secret)
  for (const { setting, value } of settingsIn(config, '')) {
    if (!isSecretSetting(setting)) continue
    const text = textOf(value)
    if (text === undefined) {
      secrets.addAnyLength(value)
      // As messages have it, behind the folder that it would be in.
      secrets.addAnyLength(normalize(value).replace(/\/$/, ''))
      continue
    }
    // Lines of keys, and verifiers as they stand in a users file, which holds names, too.
    for (const word of text.split(/[\s"',{}[\]]+/)) if (/^[\w+/=$.-]{16,}$/.test(word)) secrets.add(word)
    if (setting === 'users') continue
    secrets.add(text)
    for (const line of text.split('\n')) {
      // Of a header, its value.
      const [, value] = /^[\w-]+: *(.+)$/.exec(line) ?? []
      if (value !== undefined) secrets.add(value)
    }
  }
  return secrets
}

/** All texts in a configuration. */
function settingsIn(value: unknown, setting: string): { readonly setting: string; readonly value: string }[] {
  if (typeof value === 'string') return [{ setting, value }]
  if (Array.isArray(value)) return value.flatMap((one, at) => settingsIn(one, `${setting}[${at}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) =>
    settingsIn(below, setting === '' ? name : `${setting}.${name}`),
  )
}

/** The password in a URL as it stands there and as it is sent; or all before the @ of one that no pattern would find. */
function secretsInUrl(text: string): readonly string[] {
  const [, user] = /:\/\/(.*)@/s.exec(text) ?? []
  if (user === undefined) return []
  const [, password] = /:(.*)/s.exec(user) ?? []
  if (password !== undefined) return [password, percentDecoded(password)]
  return /[/@\s]/.test(user) ? [user] : []
}

/** The text of a file; undefined when that is no path of one. */
function textOf(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return undefined
    const text = readFileSync(file, 'utf8')
    return text.length > mostBytes ? '' : text
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EACCES'
    return isThere || isInFolder(file) ? '' : undefined
  }
}

/** Whether it is a path that only lacks its file, as on a machine that has no need of that one. */
function isInFolder(path: string): boolean {
  const folder = dirname(path)
  return (
    isAbsolute(path) &&
    dirname(folder) !== folder &&
    statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  )
}
