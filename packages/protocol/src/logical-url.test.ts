import { describe, expect, it } from 'vitest'
import {
  aliasOf,
  domainOf,
  hostOf,
  isAuthority,
  logicalUrlOf,
  parseLogicalUrl,
  parseNodePath,
  parsePhysicalPath,
  parseSpelledUrl,
  pathOf,
  physicalPathOf,
  userUrl,
} from './logical-url.ts'
import { BadRequestError } from './rvp-error.ts'

const steve = 'http://im.example.com/instmsg/aliases/steve'

describe('logical URL, RVP §4.1.2', () => {
  it.each([
    steve,
    ' http://IM.Example.com:80/instmsg/Aliases/STEVE/ ',
    'HTTP://im.example.com/instmsg/aliases/Steve',
    'https://im.example.com/instmsg/aliases/steve',
  ])('has one canonical spelling: %j', (spelling) => {
    expect(parseLogicalUrl(spelling)).toBe(steve)
  })

  it('keeps the case of nodes that are no users, and any port but 80', () => {
    expect(parseLogicalUrl('http://IM.example.com:8080/Groups/Rec-Cycling')).toBe(
      'http://im.example.com:8080/Groups/Rec-Cycling',
    )
  })

  it('is never made longer than it may be read again', () => {
    const path = `/groups/${'a'.repeat(2018)}`
    const longest = logicalUrlOf('im.example.com', path)
    expect(parseLogicalUrl(longest)).toBe(longest)
    expect(() => logicalUrlOf('im.example.com', `${path}aa`)).toThrow(BadRequestError)
  })

  it('comes apart as it was put together', () => {
    const node = userUrl('im.example.com:8080', 'Steve')
    expect([domainOf(node), pathOf(node), aliasOf(node)]).toEqual([
      'im.example.com:8080',
      '/instmsg/aliases/steve',
      'steve',
    ])
    expect(aliasOf(logicalUrlOf('a', '/groups/b'))).toBeUndefined()
    expect(parseSpelledUrl(' http://IM/instmsg/aliases/Steve ')).toEqual({
      authority: 'IM',
      path: '/instmsg/aliases/Steve',
    })
  })

  it.each([
    'im.example.com/instmsg/aliases/steve',
    'ftp://im.example.com/a',
    'http:///a',
    'http://user@im.example.com/a',
    'http://im.example.com:0/a',
    'http://im.example.com:65536/a',
    'http://im..',
    'http://im.example.com/a//b',
    'http://im.example.com/a/../b',
    'http://im.example.com/a/%2E%2e/b',
    'http://im.example.com/a?b',
    'http://im.example.com/a#b',
    'http://im.example.com/a b',
    'http://im.example.com/<a>',
    `http://im.example.com/${'a'.repeat(2048)}`,
  ])('refuses %j', (text) => {
    expect(() => parseLogicalUrl(text)).toThrow(BadRequestError)
  })

  it('knows the physical form [R45]', () => {
    const node = userUrl('im.example.com', 'steve')
    expect(physicalPathOf(node)).toBe('/instmsg/local/im.example.com/instmsg/aliases/steve')
    expect(parsePhysicalPath('/InstMsg/local/IM.example.com/instmsg/aliases/Steve')).toEqual({
      domain: 'im.example.com',
      path: '/instmsg/aliases/Steve',
    })
    expect(parsePhysicalPath('/instmsg/aliases/steve')).toBeUndefined()
    expect(() => parsePhysicalPath('/instmsg/local/im.example.com')).toThrow(BadRequestError)
  })

  it('tells hosts from what is none', () => {
    expect(['im.example.com', 'localhost:8080', '[::1]:80', '10.0.0.1'].every(isAuthority)).toBe(true)
    expect(['', '-a', 'a:', 'a:b', 'a b', 'a/b', '[::1', 'é'].some(isAuthority)).toBe(false)
    expect(hostOf('IM.Example.com:8080')).toBe('im.example.com')
    expect(parseNodePath('/a/')).toBe('/a')
  })
})
