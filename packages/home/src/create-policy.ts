import type { NodeKind } from '@parley/domain'
import { aliasOf, type LogicalUrl, pathOf } from '@parley/protocol'

/** Lets some principals make nodes below a path. */
export interface CreateRule {
  /** A path that ends with a slash, e.g. `/groups/`. */
  readonly under: string
  readonly kind: Exclude<NodeKind, 'user'>
  /** Users' canonical URLs, or everybody who is signed in. */
  readonly by: readonly LogicalUrl[] | 'everybody'
}

/** Which groups and application resources may be made, and by whom (RVP §4.1.2 names such nodes). */
export class CreatePolicy {
  readonly #rules: readonly CreateRule[]

  constructor(rules: readonly CreateRule[]) {
    this.#rules = rules
  }

  /** The kind of node that `principal` may make at `node`; undefined when it may not. Users come from the directory only. */
  kindFor(node: LogicalUrl, principal: LogicalUrl): CreateRule['kind'] | undefined {
    if (aliasOf(node) !== undefined) return undefined
    const path = pathOf(node)
    const rule = this.#rules.find(
      ({ under, by }) =>
        path.startsWith(under) && path.length > under.length && (by === 'everybody' || by.includes(principal)),
    )
    return rule?.kind
  }
}
