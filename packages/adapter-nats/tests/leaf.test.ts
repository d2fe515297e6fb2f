import { startNats, testPort } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import {
  alice,
  aliceSubject,
  BusUnderTest,
  beat,
  bob,
  change,
  monitored,
  oslo,
  rawClient,
  settled,
} from './bus-under-test.ts'

interface LeafPage {
  readonly leafs: readonly {
    readonly out_msgs: number
    readonly in_msgs: number
    readonly subscriptions_list: readonly string[]
  }[]
}

describe('a branch with a leaf node of its own', () => {
  it('gets what is watched there and nothing else, and each change once for all its watchers', async () => {
    const leafPort = await testPort()
    await using hub = await startNats({ config: `leafnodes { listen: "127.0.0.1:${leafPort}" }` })
    await using leaf = await startNats({
      config: `leafnodes { remotes: [{ url: "nats-leaf://127.0.0.1:${leafPort}" }] }`,
    })
    await using headquarters = await BusUnderTest.open(hub.url)
    await using branch = await BusUnderTest.open(leaf.url)
    await using second = await BusUnderTest.open(leaf.url)
    const heard: number[] = []
    for (const { bus } of [branch, branch, branch, second]) bus.watch(alice, ({ sequence }) => heard.push(sequence))
    const beats: unknown[] = []
    branch.bus.onBeat(oslo, (each) => beats.push(each))
    const linkOf = (fits: (leaf: LeafPage['leafs'][number]) => boolean) =>
      monitored<LeafPage>(`${hub.monitorUrl}/leafz?subs=1`, ({ leafs }) => leafs[0] !== undefined && fits(leafs[0]))
    const ours = (list: readonly string[]) => list.filter((subject) => subject.startsWith('parley.')).toSorted()

    const before = (await linkOf(({ subscriptions_list }) => ours(subscriptions_list).length > 1)).leafs[0]
    expect(ours(before?.subscriptions_list ?? [])).toEqual(['parley.beat.oslo-1', aliceSubject])

    for (const sequence of [1, 2, 3]) {
      headquarters.bus.publish(change(sequence))
      headquarters.bus.publish(change(sequence, bob))
    }
    headquarters.bus.beat(oslo, beat(3))
    await headquarters.bus.flush()
    // NOTE: NATS promises no answer across a link, so this waits for what is to come through it last.
    await using last = await rawClient(leaf.url)
    while (beats.length === 0) await last.flush()
    await settled(branch.bus, second.bus)
    expect(heard.toSorted()).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    const after = (await linkOf(({ out_msgs }) => out_msgs >= (before?.out_msgs ?? 0) + 4)).leafs[0]
    expect(after?.out_msgs).toBe((before?.out_msgs ?? 0) + 4)
  })
})
