import { type LogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import {
  type NodeChange,
  type NodeStore,
  StaleEpochError,
  type StoredNode,
  type StoredNodeHead,
  type StoredProperty,
  type StoredSubscription,
  type StoredView,
} from '../node-store.ts'

/** A store under test. */
export interface OpenNodeStore extends AsyncDisposable {
  store: NodeStore
  /** Closes `store` and opens what it left behind, as after a restart; absent for stores that keep nothing. */
  readonly reopen?: () => Promise<void>
}

/** What every node store does; `open` gives an empty one each time. */
export function nodeStoreContract(open: () => Promise<OpenNodeStore>): void {
  const alice = userUrl('im.example.com', 'alice')
  const bob = userUrl('im.example.com', 'bob')

  describe('NodeStore contract', () => {
    it('is empty at first', async () => {
      await using opened = await open()
      expect(await everything(opened)).toEqual([])
    })

    it('gives back every part of a node as it was stored', async () => {
      await using opened = await open()
      await opened.store.commit(alice, putAll(fullNode(alice)), 1)
      expect(await everything(opened)).toEqual([fullNode(alice)])
    })

    it('keeps every kind of delivery target, principal and state', async () => {
      await using opened = await open()
      const targets = [
        { kind: 'callback', host: '[2001:db8::1]:8080', address: '2001:db8::1', port: 8080, path: '/a?b=c' },
        { kind: 'node', node: bob },
        { kind: 'stream', token: 'vZ3-_x' },
      ] as const
      const subscriptions = targets.map((target, index) => ({ ...subscription(index + 1), target }))
      await opened.store.commit(alice, subscriptions.map(putSubscription), 1)
      expect((await everything(opened))[0]?.subscriptions).toEqual(subscriptions)
    })

    it('keeps the largest id, and values outside of ASCII', async () => {
      await using opened = await open()
      const property = { name: '{urn:x}nöte', xml: '<a>\u{1F600} "quoted"\n\u0085</a>' }
      await opened.store.commit(
        alice,
        [putSubscription(subscription(0x7fff_ffff)), { kind: 'put-property', property }],
        1,
      )
      const [node] = await everything(opened)
      expect(node?.subscriptions).toEqual([subscription(0x7fff_ffff)])
      expect(node?.properties).toEqual([property])
    })

    it('replaces and removes single parts', async () => {
      await using opened = await open()
      const { store } = opened
      await store.commit(alice, putAll(fullNode(alice)), 1)
      await store.commit(
        alice,
        [
          putSubscription({ ...subscription(7), expiresAt: 5 }),
          { kind: 'remove-subscription', id: 8 },
          { kind: 'remove-view', id: 1 },
          { kind: 'remove-property', name: '{DAV:}displayname' },
          { kind: 'remove-property', name: '{DAV:}never-there' },
          { kind: 'put-head', head: { kind: 'resource', owner: bob } },
        ],
        1,
      )
      expect(await everything(opened)).toEqual([
        {
          node: alice,
          head: { kind: 'resource', owner: bob },
          subscriptions: [{ ...subscription(7), expiresAt: 5 }],
          views: [view(2)],
          properties: [{ name: '{urn:x}contacts', xml: '<c/>' }],
        },
      ])
    })

    it('keeps nodes apart, one name being the beginning of another included', async () => {
      await using opened = await open()
      const longer = userUrl('im.example.com', 'alice2')
      for (const node of [alice, longer]) await opened.store.commit(node, [putSubscription(subscription(1))], 1)
      await opened.store.commit(alice, [{ kind: 'remove-node' }], 1)
      expect((await everything(opened)).map(({ node }) => node)).toEqual([longer])
    })

    it('forgets a removed node with all it holds, and starts afresh after it in one commit', async () => {
      await using opened = await open()
      await opened.store.commit(alice, putAll(fullNode(alice)), 1)
      const head: StoredNodeHead = { kind: 'group' }
      await opened.store.commit(
        alice,
        [putSubscription(subscription(9)), { kind: 'remove-node' }, { kind: 'put-head', head }],
        1,
      )
      expect(await everything(opened)).toEqual([{ node: alice, head, subscriptions: [], views: [], properties: [] }])
    })

    it('applies commits of one node in the order of the calls, also while earlier ones are under way', async () => {
      await using opened = await open()
      const { store } = opened
      await Promise.all([
        store.commit(alice, putAll(fullNode(alice)), 1),
        store.commit(alice, [{ kind: 'remove-node' }], 1),
        store.commit(alice, [putSubscription(subscription(3))], 1),
        store.commit(alice, [{ kind: 'put-head', head: { kind: 'user' } }], 1),
        store.commit(alice, [putSubscription({ ...subscription(3), expiresAt: 9 })], 1),
      ])
      expect(await everything(opened)).toEqual([
        {
          node: alice,
          head: { kind: 'user' },
          subscriptions: [{ ...subscription(3), expiresAt: 9 }],
          views: [],
          properties: [],
        },
      ])
    })

    it('no longer loads a node whose last part was removed', async () => {
      await using opened = await open()
      await opened.store.commit(alice, [putSubscription(subscription(1))], 1)
      await opened.store.commit(alice, [{ kind: 'remove-subscription', id: 1 }], 1)
      expect(await everything(opened)).toEqual([])
    })

    it('keeps names as long as a URL may be', async () => {
      await using opened = await open()
      const long = `http://im.example.com/instmsg/x/${'a'.repeat(2000)}` as LogicalUrl
      const longer = `${long}b` as LogicalUrl
      const name = `{urn:${'n'.repeat(3000)}}x`
      for (const node of [long, longer])
        await opened.store.commit(
          node,
          [putSubscription(subscription(1)), { kind: 'put-property', property: { name, xml: node } }],
          1,
        )
      const nodes = await everything(opened)
      expect(nodes.map(({ node }) => node)).toEqual([long, longer])
      expect(nodes.map(({ properties }) => properties)).toEqual([[{ name, xml: long }], [{ name, xml: longer }]])
      await opened.store.commit(long, [{ kind: 'remove-node' }], 1)
      expect((await everything(opened)).map(({ node }) => node)).toEqual([longer])
    })

    it('refuses a stale epoch and changes nothing', async () => {
      await using opened = await open()
      await opened.store.commit(alice, [putSubscription(subscription(1))], 7)
      await expect(opened.store.commit(alice, [{ kind: 'remove-node' }], 6)).rejects.toThrow(StaleEpochError)
      await opened.store.commit(bob, [putSubscription(subscription(2))], 7)
      expect((await everything(opened)).map(({ node }) => node)).toEqual([alice, bob])
    })

    it('refuses after a restart what was stale before it', async () => {
      await using opened = await open()
      await opened.store.commit(alice, [putSubscription(subscription(1))], 7)
      await opened.reopen?.()
      await expect(opened.store.commit(alice, [{ kind: 'remove-node' }], 6)).rejects.toThrow(StaleEpochError)
    })

    it('has nothing to do for a commit without changes', async () => {
      await using opened = await open()
      await opened.store.commit(alice, [], 1)
      expect(await everything(opened)).toEqual([])
    })
  })

  async function everything(opened: OpenNodeStore): Promise<StoredNode[]> {
    const before = await loaded(opened.store)
    await opened.reopen?.()
    const after = await loaded(opened.store)
    expect(after).toEqual(before)
    return after
  }
}

async function loaded(store: NodeStore): Promise<StoredNode[]> {
  const nodes = await Array.fromAsync(store.load())
  return nodes.sort((a, b) => (a.node < b.node ? -1 : 1))
}

function fullNode(node: LogicalUrl): StoredNode {
  return {
    node,
    head: {
      kind: 'user',
      owner: node,
      sharedState: 'busy',
      changedAt: 1_700_000_000_001,
      moving: 'hq-1 4 2',
      acl: [
        { principal: { kind: 'all' }, credentials: 'any', grant: ['presence'], deny: [] },
        { principal: { kind: 'node', node }, credentials: ['digest', 'ntlm'], grant: ['list'], deny: ['send-to'] },
        { principal: { kind: 'server', name: 'home1' }, credentials: ['internal'], grant: [], deny: ['read'] },
      ],
    },
    subscriptions: [subscription(7), subscription(8)],
    views: [view(1), view(2)],
    properties: [
      { name: '{DAV:}displayname', xml: 'Alice' },
      { name: '{urn:x}contacts', xml: '<c/>' },
    ] satisfies StoredProperty[],
  }
}

function putAll({ head, subscriptions, views, properties }: StoredNode): NodeChange[] {
  return [
    { kind: 'put-head', head },
    ...subscriptions.map(putSubscription),
    ...views.map((view) => ({ kind: 'put-view', view }) as const),
    ...properties.map((property) => ({ kind: 'put-property', property }) as const),
  ]
}

function putSubscription(subscription: StoredSubscription): NodeChange {
  return { kind: 'put-subscription', subscription }
}

function subscription(id: number): StoredSubscription {
  const subscriber = userUrl('im.example.com', 'bob')
  return {
    id,
    type: 'update/propchange',
    subscriber,
    target: { kind: 'node', node: subscriber },
    href: 'http://IM.example.com/instmsg/aliases/Alice',
    subscriberHref: 'http://im.example.com/instmsg/aliases/Bob',
    expiresAt: 1_700_000_000_000,
  }
}

function view(id: number): StoredView {
  const base: StoredView = { id, state: 'back-soon', defaultState: 'offline', expiresAt: 1_700_000_000_500 }
  return id === 1 ? { ...base, device: 7 } : base
}
