import type { KnownSecrets } from './known-secrets.ts'
import { percentDecoded } from './percent-decoded.ts'
import type { Pseudonyms } from './pseudonyms.ts'
import { withoutBrackets, withoutQuotations } from './quoted-parts.ts'

/** What was taken out, and why; how often goes into the manifest. */
export type RedactionReason =
  | 'secret'
  | 'pattern'
  | 'name'
  | 'address'
  | 'markup'
  | 'unknown field'
  | 'unknown line'
  | 'setting'

/** Secrets that look like some, wherever they stand. NOTE: what is quoted is taken with its quotes' content. */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(?:Proxy-)?Authorization\b["']?\s*[:=]\s*[^\r\n]*/gi,
  /\b(?:Set-)?Cookie\b["']?\s*[:=]\s*[^\r\n]*/gi,
  /\bParley-Identity\b["']?\s*[:=]\s*[^\r\n]*/gi,
  /\b(?:Basic|Bearer|NTLM|Negotiate)\s+[A-Za-z0-9+/=._~-]{8,}/g,
  /\bDigest\s+\w+=[^\r\n]*/g,
  /\b\w*(?:password|passwd|passphrase|secret|token|nonce|verifier|api[_-]?key)\w*["']?\s*[:=]\s*(?:"[^"]*"|'[^']*'|[^\s,;}]+)/gi,
  /\bS[UANOCX][A-Z2-7]{56}\b/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  // Of a URL, the user and the password, in which an @ or a slash may be that should have been %40 or %2F.
  /(?<=\/\/)(?:[^/\s:]*:\S*|[^/\s]+)(?=@)/g,
  /\b[0-9a-f]{32,}\b/gi,
]

/** Long and mixed as only keys and hashes are. */
const dense = /[A-Za-z0-9+_=-]{24,}/g

/** XML and the like: a message could be in it. */
const markup = /<[?!A-Za-z][\s\S]*>/g

const logicalUrl = /(\/instmsg\/(?:local\/[^/\s]+\/instmsg\/)?aliases\/)([^/\s"'?#),;]+)/g
/** What changes of a user are published as, with the alias as a word: adapter-nats/src/subjects.ts. `%2F` begins the path of another node. */
const statusSubject = /(\.status\.[a-z0-9,%-]+\.)(?!%2F)([A-Za-z0-9_~@+=,%-]*[A-Za-z0-9_~@+=%-])/gi
const mailAddress = /([\p{L}\p{N}._%+-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)/gu
const distinguishedName = /\b(CN|UID|SN|GIVENNAME)=((?:\\.|[^,\\\r\n"])+)/gi
const ntAccount = /\b([A-Z][A-Z0-9-]{1,14})\\([\p{L}\p{N}._-]+)/gu

/** Takes out of texts what nobody but their owner may read. */
export class Redaction {
  readonly counts = new Map<RedactionReason, number>()
  readonly #secrets: KnownSecrets
  readonly #pseudonyms: Pseudonyms | undefined

  /** Without `pseudonyms`, names stay as they are. */
  constructor(secrets: KnownSecrets, pseudonyms: Pseudonyms | undefined) {
    this.#secrets = secrets
    this.#pseudonyms = pseudonyms
  }

  /** Whether names of people stay as they are. */
  get keepsNames(): boolean {
    return this.#pseudonyms === undefined
  }

  /** The whole of a file, last of all: what is secret letter by letter. */
  secrets(text: string): string {
    const { text: rest, count } = this.#secrets.remove(text)
    if (count > 0) this.#count('secret', count)
    return rest
  }

  /** A text that somebody or something wrote freely. */
  text(text: string): string {
    let rest = this.secrets(text)
    rest = rest.replace(markup, () => this.leftOut('markup'))
    for (const pattern of patterns) rest = rest.replace(pattern, () => this.leftOut('pattern'))
    rest = rest.replace(dense, (run) =>
      /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run) ? this.leftOut('pattern') : run,
    )
    return this.#names(rest)
  }

  /**
   * What is said of an entry of the directory, and quotes it: a text without what stands in quotes, round brackets and logical URLs,
   * unless names stay. `isOurs` tells which quotations, quotes and all, are nobody's.
   */
  quoting(text: string, isOurs: (quotation: string) => boolean = () => false): string {
    if (!this.#pseudonyms) return this.text(text)
    const name = (): string => this.leftOut('name')
    const unquoted = withoutQuotations(text, (quotation) => (isOurs(quotation) ? quotation : name()))
    // NOTE: names that are known first, as a distinguished name may have brackets of its own.
    return withoutBrackets(this.text(unquoted), name).replace(/https?:\/\/\S*\/instmsg\/\S*/g, name)
  }

  /** A subject of NATS, in which each word may be a name. */
  subject(text: string): string {
    const words = this.text(text).split('.')
    const redacted = words.map((word) => {
      const plain = unescaped(word)
      const named = this.#pseudonyms?.inText(plain) ?? plain
      return named === plain ? word : named
    })
    return redacted.join('.')
  }

  /** A value of the configuration that may be a URL or a server: without a user and a password, whatever they are made of. */
  url(text: string): string {
    return text.replace(/(?<=:\/\/).*(?=@)|^[^\s/()=]*:(?!\/\/)\S*(?=@)/s, () => this.leftOut('pattern'))
  }

  /** A value that names a person: an alias, an account, a logical URL, a distinguished name. */
  name(text: string): string {
    if (!this.#pseudonyms) return this.secrets(text)
    const replaced = this.#names(text)
    if (replaced !== text || /^(?:https?:\/)?\//i.test(text)) return replaced
    this.#count('name')
    return this.#pseudonyms.of(text)
  }

  /** The address of a client. */
  address(text: string): string {
    if (!this.#pseudonyms) return text
    this.#count('address')
    return this.#pseudonyms.ofAddress(text)
  }

  /** What is written in place of something. */
  leftOut(reason: RedactionReason): string {
    this.#count(reason)
    return `[left out: ${reason}]`
  }

  #names(text: string): string {
    const pseudonyms = this.#pseudonyms
    if (!pseudonyms) return text
    const person = (name: string): string => {
      this.#count('name')
      return pseudonyms.of(name)
    }
    const known = text
      .replace(statusSubject, (_, before: string, alias: string) => `${before}${person(unescaped(alias))}`)
      .replace(logicalUrl, (_, path: string, alias: string) => `${path}${person(percentDecoded(alias))}`)
      .replace(mailAddress, (_, alias: string, domain: string) => `${person(alias)}@${domain}`)
      .replace(distinguishedName, (_, type: string, value: string) => `${type}=${person(value.trim())}`)
      .replace(ntAccount, (_, domain: string, account: string) => `${domain}\\${person(account)}`)
    return pseudonyms.inText(known)
  }

  #count(reason: RedactionReason, by = 1): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + by)
  }
}

/** What a word of a subject stands for. */
function unescaped(word: string): string {
  return percentDecoded(word.replaceAll(',', '.'))
}
