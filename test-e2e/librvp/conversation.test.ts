import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

const sessionId = '{6F3A1B52-4C0E-4D83-9B5D-0E6A8C7F1234}'

describe('a conversation of three', () => {
  it('that our client begins with two at librvp: each hears what the two others say, and who leaves', async () => {
    await using office = await Office.open()
    // NOTE: librvp crashes when a member of a conversation of several wrote to it alone before, whatever the server does.
    const [alice, bob] = await office.signOnTogether('alice', 'bob')
    const carol = await office.signOnWithParley('carol')

    await carol.beginConversation(sessionId, ['alice', 'bob'])
    const [window, otherWindow] = await Promise.all([alice.joinsConversation(), bob.joinsConversation()])

    await carol.say(sessionId, ['alice', 'bob'], 'carol to all')
    expect(await alice.nextSaid(window)).toEqual({ from: 'carol', text: 'carol to all' })
    expect(await bob.nextSaid(otherWindow)).toEqual({ from: 'carol', text: 'carol to all' })

    alice.say(window, 'alice to all')
    expect(await bob.nextSaid(otherWindow)).toEqual({ from: 'alice', text: 'alice to all' })
    expect(await carol.nextMessage()).toEqual({ from: 'alice', text: 'alice to all' })

    bob.say(otherWindow, 'bob to all')
    expect(await alice.nextSaid(window)).toEqual({ from: 'bob', text: 'bob to all' })
    expect(await carol.nextMessage()).toEqual({ from: 'bob', text: 'bob to all' })

    await carol.leaveConversation(sessionId, ['alice', 'bob'])
    await Promise.all([alice.seesLeave('carol', window), bob.seesLeave('carol', otherWindow)])
  })
})
