import { describe, expect, it } from 'vitest'
import {
  parseAckType,
  parseCallBack,
  parseHopCount,
  parseLifetimeSeconds,
  parseNotificationType,
  parseSubscriptionId,
} from './notification-headers.ts'
import { BadRequestError } from './rvp-error.ts'

describe('RVP headers, RVP §7.2', () => {
  it('counts hops from 1', () => {
    expect(parseHopCount(undefined)).toBe(1)
    expect(parseHopCount('3')).toBe(3)
    for (const value of ['0', '-1', '1.5', 'x', '', '99999999999'])
      expect(() => parseHopCount(value)).toThrow(BadRequestError)
  })

  it('takes DeepOr unless told otherwise (RVP §5.6)', () => {
    expect(parseAckType(undefined)).toBe('DeepOr')
    expect(parseAckType('deepand')).toBe('DeepAnd')
    expect(parseAckType('SingleHop')).toBe('SingleHop')
    expect(() => parseAckType('DeepXor')).toThrow(BadRequestError)
  })

  it('reads lifetimes, and bounds them', () => {
    expect(parseLifetimeSeconds(undefined)).toBeUndefined()
    expect(parseLifetimeSeconds('14400')).toBe(14_400)
    expect(parseLifetimeSeconds('999999999999')).toBe(2_147_483_647)
    for (const value of ['', '-1', '1e3', 'Infinite'])
      expect(() => parseLifetimeSeconds(value)).toThrow(BadRequestError)
  })

  it('knows subscription ids from 1 to 2^31-1 only [R20]', () => {
    expect(parseSubscriptionId(undefined)).toBeUndefined()
    expect(parseSubscriptionId('1')).toBe(1)
    expect(parseSubscriptionId('2147483647')).toBe(2_147_483_647)
    for (const value of ['0', '2147483648', '7F3A-BEEF', '99999999999']) {
      expect(() => parseSubscriptionId(value)).toThrow(BadRequestError)
    }
  })

  it('reads notification types', () => {
    expect(parseNotificationType(undefined)).toBeUndefined()
    expect(parseNotificationType('pragma/notify')).toBe('pragma/notify')
    expect(parseNotificationType('Update/PropChange')).toBe('update/propchange')
    expect(() => parseNotificationType('update/delete')).toThrow(BadRequestError)
  })

  it.each([
    ['http://198.176.154.132:1234', { host: '198.176.154.132', port: 1234, path: '/' }],
    [' HTTP://Desk.example.com ', { host: 'Desk.example.com', port: 80, path: '/' }],
    ['http://[fd00::1]:5150/a/b?c', { host: '[fd00::1]', port: 5150, path: '/a/b?c' }],
    ['http://[fd00::1]', { host: '[fd00::1]', port: 80, path: '/' }],
  ])('reads the Call-Back %s (RVP §5.1.4)', (text, callBack) => {
    expect(parseCallBack(text)).toEqual(callBack)
  })

  it.each([
    'https://198.176.154.132:1234',
    '/instmsg',
    'ftp://a',
    'http://user@host/',
    'http://user:secret@host/',
    'http://a:0/',
    'http://a:70000/',
    'http:///path',
    'http://a/b c',
    'http://a/b\r\nHost: c',
    'http://a/é',
    'http://a/#b',
    '',
  ])('refuses the Call-Back %j', (text) => {
    expect(() => parseCallBack(text)).toThrow(BadRequestError)
  })
})
