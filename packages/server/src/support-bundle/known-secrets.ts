import { readFileSync } from 'node:fs'

const shortest = 6
const mostBytes = 1_000_000

/** Settings that name files with secrets in them. */
const secretSetting = /(?:^|\.)(?:\w*(?:password|token|nkey|creds)File|key|users)$|^cluster\.keys\[\d+\]\.file$/

/** What is secret here, letter by letter: it is taken out of every file of a bundle, also spelled in other ways. */
export class KnownSecrets {
  readonly #forms = new Set<string>()

  /** Adds a secret; one that is shorter than six characters would be found everywhere, and is left to the patterns. */
  add(secret: string): void {
    const text = secret.trim()
    if (text.length < shortest) return
    for (const form of formsOf(text)) this.#forms.add(form)
  }

  /** `text` without them, and how many there were. */
  remove(text: string): { readonly text: string; readonly count: number } {
    let count = 0
    let rest = text
    // The longest first, as one may be part of another.
    for (const form of [...this.#forms].sort((a, b) => b.length - a.length)) {
      const parts = rest.split(form)
      count += parts.length - 1
      rest = parts.join('[secret]')
    }
    return { text: rest, count }
  }
}

/** How a secret may be spelled: as it is, in JSON, in URLs, in hex, and in base64 wherever it begins in what was encoded. */
function formsOf(secret: string): string[] {
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
  const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), hex, hex.toUpperCase()]
  return [...spellings, ...within].filter(({ length }) => length >= shortest)
}

/** Reads all secrets that a configuration's files hold; files that cannot be read hold none for us either. */
export function secretsOf(config: unknown): KnownSecrets {
  const secrets = new KnownSecrets()
  for (const file of secretFiles(config, '')) {
    const text = textOf(file)
    secrets.add(text)
    // Lines of keys, and the values of a users file: verifiers as they stand there.
    for (const word of text.split(/[\s"',{}[\]]+/)) if (/^[\w+/=$.-]{16,}$/.test(word)) secrets.add(word)
  }
  return secrets
}

function secretFiles(value: unknown, setting: string): string[] {
  if (typeof value === 'string') return secretSetting.test(setting) ? [value] : []
  if (Array.isArray(value)) return value.flatMap((one, at) => secretFiles(one, `${setting}[${at}]`))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, below]) =>
    secretFiles(below, setting === '' ? name : `${setting}.${name}`),
  )
}

function textOf(file: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    return text.length > mostBytes ? '' : text
  } catch {
    return ''
  }
}
