import {
  aliasOf,
  BadRequestError,
  domainOf,
  isAuthority,
  type LogicalUrl,
  parseLogicalUrl,
  userUrl,
} from '@parley/protocol'

/**
 * The node that a person means: an alias in `domain`, `alias@domain`, or the logical URL of any node (RVP §4.1.2). Throws
 * BadRequestError.
 */
export function nodeNamed(name: string, domain: string): LogicalUrl {
  if (/^https?:/i.test(name)) return parseLogicalUrl(name)
  const at = name.lastIndexOf('@')
  const host = at < 0 ? domain : name.slice(at + 1)
  if (!isAuthority(host)) throw new BadRequestError('address has no valid domain')
  const node = userUrl(host, at < 0 ? name : name.slice(0, at))
  if (aliasOf(node) === undefined) throw new BadRequestError('address has no valid alias')
  return node
}

/** What people in `domain` call a node: the shortest name that `nodeNamed` understands. */
export function nameOfNode(node: LogicalUrl, domain: string): string {
  const alias = aliasOf(node)
  if (alias === undefined) return node
  return domainOf(node) === domain.toLowerCase() ? alias : `${alias}@${domainOf(node)}`
}
