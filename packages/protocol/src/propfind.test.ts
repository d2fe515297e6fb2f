import { describe, expect, it } from 'vitest'
import { parsePropfind, writePropfind } from './propfind.ts'
import { BadRequestError } from './rvp-error.ts'

describe('PROPFIND body, RVP §5.4', () => {
  it('writes what it reads', () => {
    const query = { kind: 'prop', names: ['{DAV:}displayname', '{urn:x}y', '{}z'] } as const
    expect(parsePropfind(writePropfind(query))).toEqual(query)
    expect(parsePropfind(writePropfind({ kind: 'allprop' }))).toEqual({ kind: 'allprop' })
    expect(parsePropfind(writePropfind({ kind: 'propname' }))).toEqual({ kind: 'propname' })
  })

  it('asks once for what is named twice', () => {
    const body = '<propfind xmlns="DAV:"><prop><a/><b/><a/></prop></propfind>'
    expect(parsePropfind(body)).toEqual({ kind: 'prop', names: ['{DAV:}a', '{DAV:}b'] })
  })

  it.each([
    ['an absent body', ''],
    ['no property', '<propfind xmlns="DAV:"><prop/></propfind>'],
    ['no question', '<propfind xmlns="DAV:"/>'],
    ['another namespace', '<propfind><allprop/></propfind>'],
    ['another root', '<prop xmlns="DAV:"><a/></prop>'],
    [
      '201 properties',
      `<propfind xmlns="DAV:"><prop>${Array.from({ length: 201 }, (_, index) => `<a${index}/>`).join('')}</prop></propfind>`,
    ],
  ])('refuses %s', (_, body) => {
    expect(() => parsePropfind(body)).toThrow(BadRequestError)
  })
})
