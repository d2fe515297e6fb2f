import { describe, expect, it } from 'vitest'
import { consentedInbox } from './consented-inbox.ts'
import { ScriptedInbox } from './testing/scripted-inbox.ts'

function open() {
  const events = { reachable: () => {}, unreachable: () => {}, reset: () => {} }
  const callBack = new ScriptedInbox(events)
  const consent = new ScriptedInbox(events)
  return { callBack, consent, inbox: consentedInbox(callBack, consent) }
}

const delivery = { body: 'lunch?', hops: 2 }

describe('a Call-Back of a member who lives elsewhere, promise 5', () => {
  it('gets what the member’s home lets through, whom the message is not told', async () => {
    const { callBack, consent, inbox } = open()
    callBack.outcome = 'timed-out'
    expect(await inbox.deliver(delivery)).toBe('timed-out')
    expect(callBack.deliveries).toEqual([delivery])
    expect(consent.deliveries).toEqual([{ body: '', hops: 2 }])
  })

  it.each(['nobody', 'unreachable'] as const)('gets nothing when its home says %s', async (outcome) => {
    const { callBack, consent, inbox } = open()
    consent.outcome = outcome
    inbox.post(delivery)
    expect(await inbox.deliver(delivery)).toBe(outcome)
    expect(callBack.deliveries).toEqual([])
  })

  it('gets what nobody waits for, too, in the same order', async () => {
    const { callBack, inbox } = open()
    inbox.post({ body: 'first', hops: 2 })
    await inbox.deliver({ body: 'second', hops: 2 })
    expect(callBack.bodies).toEqual(['first', 'second'])
  })
})
