import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts'
import { LdapSetupError } from './ldap-fault.ts'

const longest = 8192
const deepest = 30
const description = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*$/
const extensible = /^([^:]*)((?::dn)?)(?::([^:]+))?:=(.*)$/is

/**
 * Reads a filter as it is written (RFC 4515). Throws LdapSetupError that says where it is wrong.
 *
 * NOTE: the parser of ldapts takes each escaped byte for a character, so that `\c3\b8` would not find an ø.
 */
export function parseFilter(text: string): Filter {
  const trimmed = text.trim()
  if (trimmed.length > longest) throw new LdapSetupError(`a filter is longer than ${longest} characters`)
  const reader = new FilterReader(trimmed.startsWith('(') ? trimmed : `(${trimmed})`)
  const filter = reader.filter(0)
  reader.end()
  return filter
}

class FilterReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  filter(depth: number): Filter {
    if (depth > deepest) throw this.#mistake('has more brackets within brackets than anybody needs')
    this.#expect('(')
    const filter = this.#content(depth)
    this.#expect(')')
    return filter
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#mistake('goes on after its last bracket')
  }

  #content(depth: number): Filter {
    const sign = this.#text[this.#at] ?? ''
    if (!'&|!'.includes(sign) || sign === '') return this.#item()
    this.#at += 1
    if (sign === '!') return new NotFilter({ filter: this.filter(depth + 1) })
    const filters: Filter[] = []
    while (this.#text[this.#at] === '(') filters.push(this.filter(depth + 1))
    if (filters.length === 0) throw this.#mistake(`has nothing in brackets after "${sign}"`)
    return sign === '&' ? new AndFilter({ filters }) : new OrFilter({ filters })
  }

  #item(): Filter {
    const end = this.#text.slice(this.#at).search(/[()]/)
    const item = end < 0 ? this.#text.slice(this.#at) : this.#text.slice(this.#at, this.#at + end)
    const filter = this.#comparison(item)
    this.#at += item.length
    return filter
  }

  #comparison(item: string): Filter {
    const extended = extensible.exec(item)
    if (extended) return this.#extensible(extended)
    const [, attribute = '', operator = '', value = ''] = /^([^=<>~]*)(=|>=|<=|~=)(.*)$/s.exec(item) ?? []
    if (operator === '') throw this.#mistake('lacks a comparison such as (attribute=value)')
    this.#checkAttribute(attribute)
    if (operator === '=') return this.#equality(attribute, value)
    const options = { attribute, value: this.#text8(value) }
    if (operator === '>=') return new GreaterThanEqualsFilter(options)
    if (operator === '<=') return new LessThanEqualsFilter(options)
    return new ApproximateFilter(options)
  }

  #equality(attribute: string, value: string): Filter {
    if (value === '*') return new PresenceFilter({ attribute })
    const parts = value.split('*')
    if (parts.length === 1) return new EqualityFilter({ attribute, value: this.#bytes(value) })
    const [initial = '', ...rest] = parts.map((part) => this.#text8(part))
    const final = rest.pop() ?? ''
    if (rest.includes('')) throw this.#mistake('has two asterisks together')
    return new SubstringFilter({ attribute, initial, any: rest, final })
  }

  #extensible([, matchType = '', dn = '', rule, value = '']: readonly (string | undefined)[]): Filter {
    if (matchType !== '') this.#checkAttribute(matchType)
    else if (rule === undefined) throw this.#mistake('names neither an attribute nor a rule before ":="')
    if (rule !== undefined) this.#checkAttribute(rule)
    const base = { matchType, dnAttributes: dn !== '', value: this.#text8(value) }
    return new ExtensibleFilter(rule === undefined ? base : { ...base, rule })
  }

  #checkAttribute(name: string): void {
    if (!description.test(name)) throw this.#mistake(`has ${JSON.stringify(name)} where an attribute’s name must be`)
  }

  /** A value with its escapes resolved, which must be UTF-8. */
  #text8(value: string): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes(value))
    } catch {
      throw this.#mistake('has bytes that are no UTF-8')
    }
  }

  #bytes(value: string): Buffer {
    if (/\\(?![0-9A-Fa-f]{2})/.test(value)) throw this.#mistake('has "\\" without two hexadecimal digits after it')
    if (value.includes('\0')) throw this.#mistake('has a NUL that is not written \\00')
    const parts = value.split(/(\\[0-9A-Fa-f]{2})/)
    return Buffer.concat(
      parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.from(part.slice(1), 'hex'))),
    )
  }

  #expect(bracket: '(' | ')'): void {
    if (this.#text[this.#at] !== bracket) throw this.#mistake(`lacks a "${bracket}"`)
    this.#at += 1
  }

  #mistake(what: string): LdapSetupError {
    const text = this.#text.length > 200 ? `${this.#text.slice(0, 200)}…` : this.#text
    return new LdapSetupError(`the filter ${text} ${what} (at character ${this.#at + 1})`)
  }
}
