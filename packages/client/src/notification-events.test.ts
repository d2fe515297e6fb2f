import {
  invitationPayload,
  leavePayload,
  textPayload,
  typingPayload,
  userUrl,
  writeApplicationNotification,
  writeMessage,
  writePropNotification,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { eventsOf } from './notification-events.ts'

const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')

function message(mime: string): string {
  return writeMessage({ from: { href: bob, description: 'Bob' }, to: [{ href: alice, description: '' }], mime })
}

describe('eventsOf, RVP §5.6', () => {
  it('tells a state', () => {
    expect(eventsOf(writePropNotification({ fromHref: bob, toHref: alice, state: 'at-lunch' }))).toEqual([
      { type: 'presence', node: bob, state: 'at-lunch' },
    ])
  })

  it('tells each kind of message by its payload', () => {
    const sessionId = '{S}'
    const kinds = [
      textPayload({ sessionId, text: 'hi' }),
      typingPayload({ sessionId, typingUser: 'bob@im.example.com' }),
      leavePayload({ sessionId }),
      invitationPayload({ sessionId, invitation: { command: 'CANCEL', cookie: 1, cancelCode: 'REJECT' } }),
      'Content-Type: application/x-novel\r\nSession-Id: {S}\r\n\r\n',
    ].map((mime) => eventsOf(message(mime))?.[0])
    expect(kinds.map((event) => event?.type)).toEqual(['message', 'typing', 'leave', 'invitation', 'payload'])
    for (const event of kinds) expect(event).toMatchObject({ from: bob, fromName: 'Bob', sessionId })
  })

  it('undoes the HTML escapes of librvp, and of nobody else', () => {
    const text = '&lt;b&gt; &amp;amp; &quot;'
    const librvp = textPayload({ sessionId: '{S}', text, format: 'FN=MS%%20Shell%%20Dlg; EF=; CO=0; CS=0; PF=0' })
    expect(eventsOf(message(librvp))).toMatchObject([{ text: '<b> &amp; "' }])
    expect(eventsOf(message(textPayload({ sessionId: '{S}', text })))).toMatchObject([{ text }])
  })

  it('hands on what an application says', () => {
    const [event] = eventsOf(writeApplicationNotification('<mEvent>x</mEvent>')) ?? []
    expect(event).toEqual({ type: 'application', xml: '<mEvent>x</mEvent>' })
  })

  it('is undefined for what cannot be read, or comes from no valid URL', () => {
    expect(eventsOf('hello')).toBeUndefined()
    const mime = textPayload({ sessionId: '{S}', text: 'x' })
    expect(eventsOf(writeMessage({ from: { href: 'bob', description: '' }, to: [], mime }))).toBeUndefined()
  })
})
