import { describe, expect, it } from 'vitest'
import { parseMultistatus, writeMultistatus } from './multistatus.ts'
import { propertyNames } from './property-name.ts'
import { BadRequestError } from './rvp-error.ts'
import { leasedStateXml, stateXml } from './state-xml.ts'

const href = 'http://im.example.com:8080/instmsg/aliases/Steve'
const answer = writeMultistatus(href, [
  {
    status: 200,
    properties: [
      { name: propertyNames.state, xml: stateXml('idle') },
      { name: propertyNames.displayName, xml: '' },
      { name: propertyNames.mobileDescription, xml: '' },
    ],
  },
])

describe('multistatus', () => {
  it('declares d, r and a on its root only, without a default namespace or white space between elements [R14]', () => {
    expect(answer.match(/xmlns[^ >]*/g)).toEqual([
      'xmlns:d="DAV:"',
      'xmlns:r="http://schemas.microsoft.com/rvp/"',
      'xmlns:a="http://schemas.microsoft.com/rvp/acl/"',
    ])
    expect(answer).toMatch(/^<d:multistatus xmlns:/)
    expect(answer).not.toMatch(/>\s|\s</)
  })

  it('writes empty values as pairs and states self-closed [R15]', () => {
    expect(answer).toContain('<d:displayname></d:displayname><r:mobile-description></r:mobile-description>')
    expect(answer).toContain('<r:state><r:idle/></r:state>')
  })

  it('has one response, and one propstat with a status for each status [R16]', () => {
    expect(answer.match(/<d:response>|<d:propstat>|<d:status>[^<]*/g)).toEqual([
      '<d:response>',
      '<d:propstat>',
      '<d:status>HTTP/1.1 200 Successful',
    ])
  })

  it('repeats the URL exactly as it is given [R17]', () => {
    expect(answer).toContain(`<d:href>${href}</d:href>`)
    expect(writeMultistatus('http://a/b&c', [])).toContain('<d:href>http://a/b&amp;c</d:href>')
  })

  it('is read back, leased states included', () => {
    const xml = leasedStateXml({ state: 'away', defaultState: 'offline', leaseSeconds: 60, viewId: 9 })
    const both = writeMultistatus(href, [
      { status: 200, properties: [{ name: propertyNames.state, xml }] },
      { status: 404, properties: [{ name: '{urn:x}y', xml: '' }] },
    ])
    const state = { state: 'away', defaultState: 'offline', leaseSeconds: 60, viewId: 9 }
    expect(parseMultistatus(both)).toEqual({
      href,
      propstats: [
        { status: 200, properties: [{ name: propertyNames.state, xml, state }] },
        { status: 404, properties: [{ name: '{urn:x}y', xml: '' }] },
      ],
    })
  })

  it.each([
    ['another root', '<d:prop xmlns:d="DAV:"/>'],
    ['no response', '<d:multistatus xmlns:d="DAV:"/>'],
    ['no href', '<d:multistatus xmlns:d="DAV:"><d:response/></d:multistatus>'],
    [
      'no status',
      '<d:multistatus xmlns:d="DAV:"><d:response><d:href>http://a</d:href><d:propstat/></d:response></d:multistatus>',
    ],
  ])('refuses an answer with %s', (_, body) => {
    expect(() => parseMultistatus(body)).toThrow(BadRequestError)
  })
})
