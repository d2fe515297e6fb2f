import type { Ids } from '@parley/domain'
import { type LogicalUrl, parseLogicalUrl } from '@parley/protocol'

/** A new token for a stream of `node`: it names the node, so that a router without state finds the home that has the stream. */
export function createStreamToken(node: LogicalUrl, ids: Pick<Ids, 'token'>): string {
  const name = Buffer.from(node.slice('http://'.length)).toString('base64url')
  return `${name}.${ids.token()}`
}

/** The node that a stream's token names; undefined for what is no token of ours. */
export function nodeOfStreamToken(token: string): LogicalUrl | undefined {
  const dot = token.indexOf('.')
  if (dot <= 0) return undefined
  try {
    return parseLogicalUrl(`http://${Buffer.from(token.slice(0, dot), 'base64url').toString()}`)
  } catch {
    return undefined
  }
}
