import fc from 'fast-check'
import { BerWriter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { BerError } from './ber-cursor.ts'
import { parseReply } from './ldap-reply.ts'
import { MessageFrames } from './message-frames.ts'

function message(write: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(7)
  write(writer)
  writer.endSequence()
  return Buffer.from(writer.buffer)
}

const entry = message((writer) => {
  writer.startSequence(0x64)
  writer.writeString('uid=alice,dc=example')
  writer.startSequence()
  writer.startSequence()
  writer.writeString('DisplayName')
  writer.startSequence(0x31)
  writer.writeString('Alice')
  writer.writeBuffer(Buffer.from([0xff]), 0x04)
  writer.endSequence()
  writer.endSequence()
  writer.endSequence()
  writer.endSequence()
})

const done = message((writer) => {
  writer.startSequence(0x65)
  writer.writeEnumeration(10)
  writer.writeString('dc=example')
  writer.writeString('elsewhere')
  writer.startSequence(0xa3)
  writer.writeString('ldap://other.example.com/')
  writer.endSequence()
  writer.endSequence()
  writer.startSequence(0xa0)
  writer.startSequence()
  writer.writeString('1.2.3')
  writer.writeBoolean(true)
  writer.writeBuffer(Buffer.from('value'), 0x04)
  writer.endSequence()
  writer.startSequence()
  writer.writeString('1.2.4')
  writer.endSequence()
  writer.endSequence()
})

describe('parseReply, RFC 4511 §4.1.1', () => {
  it('reads an entry with the bytes of its values', () => {
    const { id, reply } = parseReply(entry)
    expect(id).toBe(7)
    expect(reply).toMatchObject({ kind: 'entry', entry: { dn: 'uid=alice,dc=example' } })
    if (reply.kind !== 'entry') return
    expect(reply.entry.attributes.get('displayname')).toEqual([Buffer.from('Alice'), Buffer.from([0xff])])
  })

  it('reads a result with its referrals and controls', () => {
    expect(parseReply(done).reply).toEqual({
      kind: 'result',
      code: 10,
      matchedDn: 'dc=example',
      diagnostic: 'elsewhere',
      referrals: ['ldap://other.example.com/'],
      controls: new Map([
        ['1.2.3', Buffer.from('value')],
        ['1.2.4', Buffer.alloc(0)],
      ]),
    })
  })

  it('ends with what is no LDAP, whatever a directory sends', () => {
    const spoiled = fc
      .tuple(fc.constantFrom(entry, done), fc.nat(200), fc.integer({ min: 0, max: 255 }), fc.boolean())
      .map(([bytes, at, value, isCut]) => {
        const copy = Buffer.from(bytes)
        copy[at % copy.length] = value
        return isCut ? copy.subarray(0, at % copy.length) : copy
      })
    const bytes = fc.oneof(
      spoiled,
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    )
    fc.assert(
      fc.property(bytes, (text) => {
        try {
          parseReply(text)
        } catch (error) {
          expect(error).toBeInstanceOf(BerError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('MessageFrames', () => {
  it('finds the same messages however the bytes come', () => {
    const all = Buffer.concat([entry, done, entry])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), (sizes) => {
        const frames = new MessageFrames()
        const found: Buffer[] = []
        let at = 0
        for (const size of [...sizes, all.length]) {
          if (at < all.length) found.push(...frames.push(all.subarray(at, at + size)))
          at += size
        }
        expect(found).toEqual([entry, done, entry])
      }),
    )
  })

  it('takes no message of any size, and nothing that is none', () => {
    expect(() => new MessageFrames().push(Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]))).toThrow(BerError)
    expect(() => new MessageFrames().push(Buffer.from([0x30, 0x80]))).toThrow(BerError)
    expect(() => new MessageFrames().push(Buffer.from('HTTP/1.1 400'))).toThrow(/does not speak LDAP/)
  })
})
