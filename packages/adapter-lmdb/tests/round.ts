import type { NodeChange, StoredNode } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'

/** The node that writer `writer` writes to. */
export function writerNode(writer: number): LogicalUrl {
  return userUrl('im.example.com', `writer${writer}`)
}

/** One commit that leaves its number in every part of a node, so that half a commit shows. */
export function roundChanges(node: LogicalUrl, round: number): NodeChange[] {
  const xml = `${round}`.padEnd(round % 7 === 0 ? 6_000 : 20)
  return [
    ...(round % 5 === 0 ? [{ kind: 'remove-node' } as const] : []),
    ...[1, 2, 3].map((id): NodeChange => {
      const target = { kind: 'node', node } as const
      const subscription = { id, type: 'pragma/notify', subscriber: node, target, href: node } as const
      return { kind: 'put-subscription', subscription: { ...subscription, subscriberHref: node, expiresAt: round } }
    }),
    { kind: 'put-view', view: { id: 1, state: 'online', defaultState: 'offline', expiresAt: round } },
    { kind: 'put-property', property: { name: '{urn:x}round', xml } },
  ]
}

/** The number of the round that `node` holds; throws when it holds parts of several. */
export function roundOf({ subscriptions, views, properties }: StoredNode): number {
  const rounds = [...subscriptions, ...views].map(({ expiresAt }) => expiresAt)
  rounds.push(...properties.map(({ xml }) => Number(xml)))
  const [round] = rounds
  if (round === undefined || rounds.length !== 5 || rounds.some((other) => other !== round))
    throw new Error(`half a commit: ${rounds}`)
  return round
}
