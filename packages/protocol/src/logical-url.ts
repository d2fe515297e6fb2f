import { BadRequestError } from './rvp-error.ts'

declare const logicalUrl: unique symbol

/**
 * The location-free name of a node (RVP §4.1.2), in its one canonical spelling: `http://`, host in lower case, the port
 * only when it is not 80, no trailing slash, aliases in lower case. Two URLs name the same node if and only if they are equal.
 */
export type LogicalUrl = string & { readonly [logicalUrl]: true }

/** The parts of a node's URL as somebody spelled it: `authority` is host[:port], `path` starts with a slash. */
export interface SpelledUrl {
  readonly authority: string
  readonly path: string
}

export const aliasesPrefix = '/instmsg/aliases/'
const localPrefix = '/instmsg/local/'
const maxUrlLength = 2048

// NOTE: a node path is kept to characters that mean the same in XML, logs, file names and every client's URL builder.
const pathPattern = /^(?:\/[A-Za-z0-9._~!$'()*+,;=:@%-]+)+$/
const authorityPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/
const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** Splits an absolute http URL as it is spelled; white space around it is dropped (RVP §5.7.2). Throws BadRequestError. */
export function parseSpelledUrl(text: string): SpelledUrl {
  const trimmed = text.trim()
  if (trimmed.length > maxUrlLength) throw new BadRequestError('URL is too long')
  const scheme = /^https?:\/\//i.exec(trimmed)
  if (!scheme) throw new BadRequestError('not an absolute http URL')
  const rest = trimmed.slice(scheme[0].length)
  const slash = rest.indexOf('/')
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  const path = slash < 0 ? '/' : rest.slice(slash)
  if (!isAuthority(authority)) throw new BadRequestError('URL has no valid host')
  return { authority, path }
}

/** Whether `text` is host or host:port, the port not above 65535. */
export function isAuthority(text: string): boolean {
  if (text.length > 255 || !authorityPattern.test(text)) return false
  const port = /:([0-9]+)$/.exec(text)?.[1]
  return port === undefined || text.endsWith(']') || (Number(port) > 0 && Number(port) < 65_536)
}

/** Host of an authority, in lower case, without the port. */
export function hostOf(authority: string): string {
  return authority.replace(/:[0-9]+$/, '').toLowerCase()
}

/**
 * Checks a node's path and drops a trailing slash. Throws BadRequestError for dot segments, empty segments, queries and
 * characters that clients spell in more than one way.
 */
export function parseNodePath(path: string): string {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  if (trimmed.length > maxUrlLength) throw new BadRequestError('path is too long')
  if (!pathPattern.test(trimmed) || dotSegment.test(trimmed)) throw new BadRequestError('path does not name a node')
  return trimmed
}

/** The canonical name of the node at `path` in `domain`. Throws BadRequestError as parseNodePath, and for one that is too long. */
export function logicalUrlOf(domain: string, path: string): LogicalUrl {
  const node = parseNodePath(path)
  // NOTE: directories compare aliases without case, and Net::RVP lower-cases them (client-facts §2.1).
  const canonical = isAliasPath(node) ? node.toLowerCase() : node
  const url = `http://${domain.toLowerCase().replace(/:80$/, '')}${canonical}`
  // NOTE: whoever is handed a canonical URL, e.g. a store or another node, must be able to read it again.
  if (url.length > maxUrlLength) throw new BadRequestError('URL is too long')
  return url as LogicalUrl
}

/** Canonical name of a user: `http://domain/instmsg/aliases/alias` (RVP §4.1.2). */
export function userUrl(domain: string, alias: string): LogicalUrl {
  return logicalUrlOf(domain, aliasesPrefix + alias)
}

/** Reads a URL that is canonical but for case and the default port. Throws BadRequestError. */
export function parseLogicalUrl(text: string): LogicalUrl {
  const { authority, path } = parseSpelledUrl(text)
  return logicalUrlOf(authority, path)
}

/** Host[:port] of a canonical URL: the IM domain. */
export function domainOf(node: LogicalUrl): string {
  return node.slice('http://'.length, node.indexOf('/', 'http://'.length))
}

/** Path of a canonical URL, with its leading slash. */
export function pathOf(node: LogicalUrl): string {
  return node.slice(node.indexOf('/', 'http://'.length))
}

export function isAliasPath(path: string): boolean {
  return path.slice(0, aliasesPrefix.length).toLowerCase() === aliasesPrefix && path.length > aliasesPrefix.length
}

/** The alias of a user's node, in lower case; undefined for nodes of other kinds. */
export function aliasOf(node: LogicalUrl): string | undefined {
  const path = pathOf(node)
  return isAliasPath(path) && !path.includes('/', aliasesPrefix.length) ? path.slice(aliasesPrefix.length) : undefined
}

/** The physical path of a node on its home server: `/instmsg/local/<domain>/…` (RVP §4.1.2). */
export function physicalPathOf(node: LogicalUrl): string {
  return `${localPrefix}${domainOf(node)}${pathOf(node)}`
}

/** Splits `/instmsg/local/<domain>/<path>`; undefined when `path` is not of the physical form (RVP §4.1.2). */
export function parsePhysicalPath(path: string): { domain: string; path: string } | undefined {
  if (path.slice(0, localPrefix.length).toLowerCase() !== localPrefix) return undefined
  const rest = path.slice(localPrefix.length)
  const slash = rest.indexOf('/')
  if (slash <= 0 || !isAuthority(rest.slice(0, slash))) throw new BadRequestError('physical URL names no domain')
  return { domain: rest.slice(0, slash).toLowerCase(), path: rest.slice(slash) }
}
