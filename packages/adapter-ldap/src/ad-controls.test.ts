import { BerWriter, type Control } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { DirSyncControl, dirSyncOid, dirSyncReply, ExtendedDnControl, extendedDn, showDeleted } from './ad-controls.ts'
import { BerError } from './ber-cursor.ts'

describe('controls of Active Directory, MS-ADTS', () => {
  it('ask for all changes, with each change of a group by itself', () => {
    expect(written(new DirSyncControl('all', Buffer.from('ab')))).toBe(
      // Flags 0x80000000, 1000000 bytes, the cookie.
      `302e 0416 ${hex(dirSyncOid)} 0101ff 0411 300f 020480000000 02030f4240 04026162`.replaceAll(' ', ''),
    )
  })

  it('ask for the changes that the account may see, from the start', () => {
    expect(written(new DirSyncControl('own', Buffer.alloc(0)))).toMatch(/300d02048000000102030f42400400$/)
  })

  it('ask for ids within names, and for what is deleted', () => {
    expect(written(new ExtendedDnControl())).toMatch(/04053003020101$/)
    expect(written(showDeleted())).toBe(`301b0416${hex('1.2.840.113556.1.4.417')}0101ff`)
  })

  it('say where to go on, and whether at once', () => {
    const value = Buffer.from('300a02010102010004026364', 'hex')
    expect(dirSyncReply(new Map([[dirSyncOid, value]]))).toEqual({ more: true, cookie: Buffer.from('cd') })
  })

  it('are not guessed from an answer without them, or with something else in them', () => {
    expect(dirSyncReply(new Map())).toBeUndefined()
    expect(() => dirSyncReply(new Map([[dirSyncOid, Buffer.from('3003020101', 'hex')]]))).toThrow(BerError)
  })
})

describe('a name with ids', () => {
  it('is taken apart', () => {
    const text = '<GUID=CA0A212A-b2b1-4b8b-97b0-d0d3902b7f4f>;<SID=S-1-5-21-1-2-3-1105>;CN=a\\, b,DC=test'
    expect(extendedDn(text)).toEqual({ id: 'ca0a212a-b2b1-4b8b-97b0-d0d3902b7f4f', dn: 'CN=a\\, b,DC=test' })
  })

  it('may be a plain name', () => {
    expect(extendedDn('CN=<x>;,DC=test')).toEqual({ dn: 'CN=<x>;,DC=test' })
  })
})

function written(control: Control): string {
  const writer = new BerWriter()
  control.write(writer)
  return writer.buffer.toString('hex')
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}
