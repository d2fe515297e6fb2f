import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp sends and receives messages', () => {
  it('both ways, in order [R28] [R30]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    await alice.send('bob', 'lunch?')
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'lunch?' })
    await bob.send('alice', 'at noon')
    expect(await alice.nextMessage()).toEqual({ from: 'bob', text: 'at noon' })
    await alice.send('bob', 'good')
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'good' })
  })

  it.each([
    ['non-ASCII letters', 'Grüße, Ødegård: 日本語 и кириллица 🙂'],
    ['characters special to XML', `5 < 6 && "a" > 'b' ]]> <r:online/> &lt;b&gt; &#65;`],
    ['what looks like a MIME header', 'Session-Id: {nobody}'],
  ])('with %s unchanged [R30] [R32]', async (_, text) => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    await alice.send('bob', text)

    expect(await bob.nextMessage()).toEqual({ from: 'alice', text })
  })

  it('shows that the other is typing, both ways [R32]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    // NOTE: librvp shows it only in a conversation that has begun.
    await alice.send('bob', 'lunch?')
    await bob.nextMessage()
    await bob.send('alice', 'well')
    await alice.nextMessage()

    await alice.typing('bob')
    await bob.seesTyping('alice')
    await bob.typing('alice')
    await alice.seesTyping('bob')

    expect([...alice.takeMessages(), ...bob.takeMessages()]).toEqual([])
  })
})
