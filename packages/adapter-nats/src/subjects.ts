import { createHash } from 'node:crypto'
import type { HomeName } from '@parley/domain'
import { aliasOf, domainOf, type LogicalUrl, pathOf } from '@parley/protocol'

/** Longest word that a node's name becomes; NATS cuts connections whose control line is longer than 4,096 bytes. */
const maxWordLength = 128

/**
 * Every subject of the bus. No two nodes share one, so a message need not repeat the node that its subject names, which
 * keeps it short on thin links; and NATS' interest in exactly these subjects decides what crosses a link.
 *
 * | subject                             | message                                                       |
 * |-------------------------------------|---------------------------------------------------------------|
 * | `<prefix>.status.<domain>.<alias>`  | changes of a user: `parley.status.im,example,com.john,doe`    |
 * | `<prefix>.status.<domain>.%2F<path>` | changes of another node: `parley.status.im,example,com.%2Fgroups%2Fcycling` |
 * | `<prefix>.beat.<home>`              | beats to a home: `parley.beat.hq-1`                           |
 */
export class Subjects {
  readonly #status: string
  readonly #beat: string

  constructor(prefix: string) {
    this.#status = `${prefix}.status.`
    this.#beat = `${prefix}.beat.`
  }

  status(node: LogicalUrl): string {
    return `${this.#status}${word(domainOf(node))}.${word(aliasOf(node) ?? pathOf(node))}`
  }

  beat(home: HomeName): string {
    // NOTE: a home's name is made of a-z, 0-9 and hyphens.
    return this.#beat + home
  }

  /** All subjects below which the bus speaks, as NATS permissions name them. */
  get all(): readonly string[] {
    return [`${this.#status}>`, `${this.#beat}>`]
  }
}

/** A text as one word of a subject: a dot becomes a comma, what is unsafe %XX, and what is too long a digest. */
function word(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9_~@+=.-]/g, percentOf).replaceAll('.', ',')
  // NOTE: no escaped text holds `%h`, so a digest equals no name.
  return escaped.length <= maxWordLength ? escaped : `%h${createHash('sha256').update(text).digest('base64url')}`
}

// NOTE: a logical URL holds nothing but printable ASCII, so two digits are enough.
function percentOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
