import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AccessEntry,
  accessRights,
  type Contact,
  credentialKinds,
  elementXml,
  innerXml,
  leasedStateXml,
  PayloadTooLargeError,
  parseAccessList,
  parseAckType,
  parseCallBack,
  parseContacts,
  parseHopCount,
  parseLifetimeSeconds,
  parseLogicalUrl,
  parseMimePayload,
  parseMultistatus,
  parseNotification,
  parseNotificationType,
  parsePropertyUpdate,
  parsePropfind,
  parseSubscriptionId,
  parseSubscriptions,
  parseXml,
  presenceStates,
  propertyNames,
  RvpError,
  repairMimePayload,
  userUrl,
  type VisibleState,
  writeAccessList,
  writeApplicationNotification,
  writeContacts,
  writeMessage,
  writeMultistatus,
  writePropertyRemove,
  writePropertySet,
  writePropfind,
  writePropNotification,
  writePropNotificationOf,
  writeStateUpdate,
  writeSubscriptions,
} from '../src/index.ts'

const readers: readonly ((text: string) => unknown)[] = [
  parseXml,
  parsePropfind,
  parsePropertyUpdate,
  parseMultistatus,
  parseSubscriptions,
  parseNotification,
  parseContacts,
  parseMimePayload,
  parseHopCount,
  parseAckType,
  parseLifetimeSeconds,
  parseNotificationType,
  parseSubscriptionId,
  parseCallBack,
  parseLogicalUrl,
  (text) => parseAccessList(text, parseLogicalUrl),
  (text) => repairMimePayload(text, () => '{0}'),
]

/** Every reader takes `text`, or refuses it with an error that has an answer. */
function survives(text: string): void {
  for (const read of readers) {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof RvpError)) throw error
    }
  }
}

const folder = new URL('../vectors/', import.meta.url)
const samples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.xml'))
  .map((path) => readFileSync(new URL(path, folder), 'utf8'))

const anything = fc.string({ unit: 'binary', maxLength: 80 })
/** Text that XML can carry, as a reader that trims gives it back. */
const legal = anything.map((text) => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').toWellFormed())
const trimmed = legal.map((text) => text.trim())
const state = fc.constantFrom(...presenceStates)
const visible = state.filter((name): name is VisibleState => name !== 'invisible')
const seconds = fc.nat({ max: 0x7fff_ffff })
const href = fc.webUrl()
const name = fc.constantFrom('{DAV:}displayname', propertyNames.email, '{urn:example:x}y', '{urn:a&"b}c', '{}bare')
/** Canonical inner XML. */
const xml = fc.oneof(
  legal.map((text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')),
  fc.constantFrom('<r:email></r:email>', '<d:a>x<r:away/>y</d:a>'),
)
const property = fc.oneof(
  fc.record({ name, xml }),
  fc.constantFrom(
    { name: propertyNames.email, xml: '<n1:a xmlns:n1="urn:z" b="1"></n1:a>' },
    { name: '{urn:y}b', xml: '<p:a></p:a><n2:a xmlns:n2="urn:z"><p:c xml:lang="no"></p:c></n2:a>' },
  ),
)
const contact: fc.Arbitrary<Contact> = fc.record({ href, description: trimmed })

describe('whatever comes in', () => {
  it('is taken or refused, but breaks nothing', () => {
    fc.assert(fc.property(anything, survives), { numRuns: 1000 })
  })

  it('is taken or refused when it is nearly right', () => {
    const edit = fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.oneof(anything, fc.constantFrom(...samples)))
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 3 }), (sample, edits) => {
        survives(
          edits.reduce((text, [at, cut, piece]) => {
            const start = at % (text.length + 1)
            return text.slice(0, start) + piece + text.slice(start + cut)
          }, sample),
        )
      }),
      { numRuns: 2000 },
    )
  })

  it('is not made much larger by writing it in canonical form', () => {
    const small = `<o xmlns:p="${'&amp;'.repeat(256)}">${'<p:a/>'.repeat(3999)}</o>`
    expect(() => elementXml(parseXml(small))).toThrow(PayloadTooLargeError)
    expect(() => innerXml(parseXml(small))).toThrow(PayloadTooLargeError)
  })
})

describe('what we write', () => {
  it('is always XML, whatever characters there are', () => {
    fc.assert(
      fc.property(anything, anything, (one, two) => {
        const party = { href: one, description: two }
        parseXml(writeMessage({ from: party, to: [party], mime: one + two }))
        parseXml(writePropNotification({ fromHref: one, toHref: two, state: 'online' }))
        parseXml(writeMultistatus(one, []))
        parseXml(writeSubscriptions([{ id: 1, href: one, secondsLeft: 1 }]))
        parseXml(
          writeAccessList(
            [{ principal: { kind: 'server', name: one }, credentials: 'any', grant: [], deny: [] }],
            String,
          ),
        )
      }),
    )
  })

  it('is read back: messages and property notifications', () => {
    fc.assert(
      fc.property(contact, fc.array(contact, { maxLength: 4 }), legal, (from, to, text) => {
        const mime = `Session-Id: 1\r\n\r\n${text}.`
        const sender = from.description === '' ? { ...from, description: expect.any(String) } : from
        expect(parseNotification(writeMessage({ from, to, mime }))).toEqual([
          { kind: 'message', from: sender, to, mime },
        ])
      }),
    )
    const properties = fc.array(property, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(href, href, properties, visible, (fromHref, toHref, others, current) => {
        const parties = { from: { href: fromHref, description: '' }, to: [{ href: toHref, description: '' }] }
        expect(parseNotification(writePropNotificationOf({ fromHref, toHref, properties: others }))).toEqual([
          { kind: 'propnotification', ...parties, properties: others },
        ])
        const own = { name: propertyNames.state, xml: `<r:${current}/>`, state: current }
        expect(parseNotification(writePropNotification({ fromHref, toHref, state: current }))).toEqual([
          { kind: 'propnotification', ...parties, properties: [own] },
        ])
      }),
    )
  })

  it('is read back: application notifications', () => {
    fc.assert(
      fc.property(legal, legal, (text, value) => {
        const element = {
          ns: 'urn:x',
          name: 'a',
          attributes: [{ ns: '', name: 'b', value }],
          children: [{ ns: '', name: 'c', attributes: [], children: [text] }],
        }
        const canonical = elementXml(element)
        expect(parseNotification(writeApplicationNotification(canonical))).toEqual([
          { kind: 'application', xml: canonical },
        ])
      }),
    )
  })

  it('is read back: PROPFIND and PROPPATCH', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), (names) => {
        expect(parsePropfind(writePropfind({ kind: 'prop', names }))).toEqual({ kind: 'prop', names })
      }),
    )
    const optional = fc.option(seconds, { nil: undefined })
    fc.assert(
      fc.property(state, state, optional, optional, (current, defaultState, leaseSeconds, viewId) => {
        const expected = {
          kind: 'set-state',
          state: current,
          defaultState: leaseSeconds === undefined ? 'offline' : defaultState,
          leaseSeconds,
          viewId,
        }
        const body = writeStateUpdate({ state: current, defaultState, leaseSeconds, viewId })
        expect(parsePropertyUpdate(body)).toEqual([expected])
      }),
    )
    fc.assert(
      fc.property(property, ({ name: known, xml: value }) => {
        expect(parsePropertyUpdate(writePropertySet(known, value))).toEqual([{ kind: 'set', name: known, xml: value }])
        expect(parsePropertyUpdate(writePropertyRemove(known))).toEqual([{ kind: 'remove', name: known }])
      }),
    )
  })

  it('is read back: multistatus and subscriptions', () => {
    const propstat = fc.record({
      status: fc.constantFrom(200, 404, 403),
      properties: fc.array(property),
    })
    fc.assert(
      fc.property(href, fc.array(propstat, { maxLength: 3 }), (node, propstats) => {
        expect(parseMultistatus(writeMultistatus(node, propstats))).toEqual({ href: node, propstats })
      }),
    )
    fc.assert(
      fc.property(visible, visible, seconds, seconds, (current, defaultState, leaseSeconds, viewId) => {
        const leased = { state: current, defaultState, leaseSeconds, viewId }
        const body = writeMultistatus('http://a', [
          { status: 200, properties: [{ name: propertyNames.state, xml: leasedStateXml(leased) }] },
        ])
        expect(parseMultistatus(body).propstats[0]?.properties[0]?.state).toEqual(leased)
      }),
    )
    const listing = fc.record({ id: seconds, href, secondsLeft: seconds })
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 5 }), (listings) => {
        expect(parseSubscriptions(writeSubscriptions(listings))).toEqual(listings)
      }),
    )
  })

  it('is read back: access lists and contact lists', () => {
    const entry: fc.Arbitrary<AccessEntry> = fc.record({
      principal: fc.oneof(
        fc.constant({ kind: 'all' as const }),
        fc
          .constantFrom('steve', 'bruce')
          .map((alias) => ({ kind: 'node' as const, node: userUrl('im.example.com', alias) })),
        fc.constant({ kind: 'server' as const, name: 'im.acme.com' }),
      ),
      credentials: fc.oneof(fc.constant('any' as const), fc.subarray([...credentialKinds], { minLength: 1 })),
      grant: fc.subarray([...accessRights]),
      deny: fc.subarray([...accessRights]),
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (list) => {
        expect(parseAccessList(writeAccessList(list, String), parseLogicalUrl)).toEqual(list)
      }),
    )
    const groups = fc.uniqueArray(
      legal.filter((text) => text !== ''),
      { maxLength: 4 },
    )
    const list = groups.chain((known) =>
      fc.record({
        groups: fc.constant(known),
        contacts: fc.uniqueArray(fc.record({ href, displayName: legal, groups: fc.subarray(known) }), {
          maxLength: 5,
          selector: (one) => one.href,
        }),
      }),
    )
    fc.assert(
      fc.property(list, (contacts) => {
        expect(parseContacts(writeContacts(contacts))).toEqual(contacts)
      }),
    )
  })

  it('is left alone by a second repair', () => {
    fc.assert(
      fc.property(fc.oneof(legal, fc.constantFrom(...samples)), (text) => {
        const once = repairMimePayload(text, () => '{0}')
        expect(repairMimePayload(once, () => '{1}')).toBe(once)
      }),
    )
  })
})
