import { describe, expect, it } from 'vitest'
import { parseNotification } from './notification.ts'
import {
  PropNotificationTemplate,
  writeApplicationNotification,
  writeMessage,
  writePropNotification,
  writePropNotificationOf,
} from './notification-writer.ts'
import { BadRequestError } from './rvp-error.ts'

const from = { href: 'http://im.example.com/instmsg/aliases/steve', description: 'Steve "M" & <co>' }
const to = { href: 'http://im.example.com:8080/instmsg/aliases/bruce', description: '' }
const mime = 'Session-Id: {1}\r\nContent-Type: text/plain\r\n\r\n&lt;b&gt; ]]> \u{1f600}\r\n'
const rvp = (inner: string, root = 'r:notification') =>
  `<${root} xmlns:d="DAV:" xmlns:r="http://schemas.microsoft.com/rvp/">${inner}</${root}>`

describe('NOTIFY body, RVP §5.6', () => {
  it('carries a message as CDATA, d, r and a on its root, without white space between elements [R14] [R30]', () => {
    const body = writeMessage({ from, to: [to], mime })
    expect(body).toMatch(/^<r:notification xmlns:d="DAV:" xmlns:r="[^"]*" xmlns:a="[^"]*"><r:message>/)
    expect(body).toContain(
      '<r:mime-data><![CDATA[Session-Id: {1}\r\nContent-Type: text/plain\r\n\r\n&lt;b&gt; ]]]]><![CDATA[>',
    )
    expect(body.replace(/<!\[CDATA\[.*?\]\]>/gs, '')).not.toMatch(/>\s|\s</)
    expect(parseNotification(body)).toEqual([{ kind: 'message', from, to: [to], mime }])
  })

  it('gives the sender a name even when none is known [R30]', () => {
    expect(writeMessage({ from: { ...from, description: ' ' }, to: [to], mime })).toContain(
      `<d:href>${from.href}</d:href><r:description>steve</r:description>`,
    )
  })

  it('takes a message apart however it is written: other prefixes, white space, escaped text [R30]', () => {
    const body = `<N:notification xmlns:N="DAV:" xmlns="http://schemas.microsoft.com/rvp/">\n <message>
      <notification-from> <contact> <N:href>\n ${from.href} </N:href> <description/> </contact> </notification-from>
      <msgbody>\n<mime-data>Session-Id: 1\n\na &amp;amp; b</mime-data> </msgbody> </message></N:notification>`
    expect(parseNotification(body)).toEqual([
      { kind: 'message', from: { ...from, description: '' }, to: [], mime: 'Session-Id: 1\n\na &amp; b' },
    ])
  })

  it('carries exactly one bare state as the only property [R18] [R29]', () => {
    const body = writePropNotification({ fromHref: from.href, toHref: to.href, state: 'back-soon' })
    expect(body).toContain(
      '<d:propertyupdate><d:set><d:prop><r:state><r:back-soon/></r:state></d:prop></d:set></d:propertyupdate>',
    )
    expect(body.match(/<r:(?:message|propnotification|state)>/g)).toEqual(['<r:propnotification>', '<r:state>'])
    expect(parseNotification(body)).toEqual([
      {
        kind: 'propnotification',
        from: { href: from.href, description: '' },
        to: [to],
        properties: [{ name: '{http://schemas.microsoft.com/rvp/}state', xml: '<r:back-soon/>', state: 'back-soon' }],
      },
    ])
  })

  it('repeats the URLs of presentity and watcher as each watcher spells them [R17] [R33]', () => {
    const template = new PropNotificationTemplate('http://IM/instmsg/aliases/Steve', 'away')
    expect(template.for('http://IM/instmsg/aliases/a&b')).toContain(
      '<d:href>http://IM/instmsg/aliases/a&amp;b</d:href>',
    )
    expect(template.for('http://IM/instmsg/aliases/Bruce')).toBe(
      writePropNotification({
        fromHref: 'http://IM/instmsg/aliases/Steve',
        toHref: 'http://IM/instmsg/aliases/Bruce',
        state: 'away',
      }),
    )
    for (const href of ['http://IM/instmsg/aliases/a&b', 'http://IM/instmsg/aliases/"a']) {
      expect(JSON.parse(template.jsonFor(href))).toBe(template.for(href))
    }
  })

  it('writes no empty description self-closed [R15]', () => {
    expect(writeMessage({ from, to: [to], mime })).toContain('<r:description></r:description>')
    expect(writePropNotification({ fromHref: from.href, toHref: to.href, state: 'idle' })).not.toContain(
      '<r:description/>',
    )
  })

  it('carries other properties, and applications of any kind', () => {
    const properties = [{ name: '{urn:x}colour', xml: '<p:red></p:red>' }]
    const body = writePropNotificationOf({ fromHref: from.href, toHref: to.href, properties })
    expect(parseNotification(body)).toMatchObject([{ kind: 'propnotification', properties }])
    const xml = '<n1:mEvent xmlns:n1="urn:x">1</n1:mEvent>'
    expect(parseNotification(writeApplicationNotification(xml))).toEqual([{ kind: 'application', xml }])
  })

  it('keeps the order of several items', () => {
    const message = '<r:message><r:msgbody><r:mime-data>x</r:mime-data></r:msgbody></r:message>'
    expect(parseNotification(rvp(`${message}<x/>${message}`)).map(({ kind }) => kind)).toEqual([
      'message',
      'application',
      'message',
    ])
  })

  const propnotification = (prop: string) =>
    rvp(
      `<r:propnotification><d:propertyupdate><d:set><d:prop>${prop}</d:prop></d:set></d:propertyupdate></r:propnotification>`,
    )

  it('refuses a state that does not exist, so that none is ever passed on [R19]', () => {
    expect(() => parseNotification(propnotification('<r:state><r:dancing/></r:state>'))).toThrow(BadRequestError)
    expect(parseNotification(propnotification('<r:state><r:invisible/></r:state>'))).toMatchObject([
      { properties: [{ state: 'invisible' }] },
    ])
  })

  it.each([
    ['nothing', ''],
    ['another root', rvp('<x/>', 'r:message')],
    ['a root of no namespace', '<notification><x/></notification>'],
    ['no item', rvp(' text ')],
    ['a message without mime-data', rvp('<r:message><r:msgbody/></r:message>')],
    ['a propnotification without a propertyupdate', rvp('<r:propnotification/>')],
    [
      'a contact without href',
      rvp(
        '<r:message><r:notification-from><r:contact/></r:notification-from><r:msgbody><r:mime-data/></r:msgbody></r:message>',
      ),
    ],
    [
      'two senders',
      writeMessage({ from, to: [], mime }).replace(/<r:notification-from>.*<\/r:notification-from>/, '$&$&'),
    ],
    ['101 recipients', writeMessage({ from, to: Array.from({ length: 101 }, () => to), mime })],
    ['65 items', rvp('<x/>'.repeat(65))],
  ])('refuses %s', (_, body) => {
    expect(() => parseNotification(body)).toThrow(BadRequestError)
  })
})
