import { describe, expect, it } from 'vitest'
import { parseAddress, redisConfig } from './config.ts'

describe('redisConfig', () => {
  it('has defaults for all but the address', () => {
    expect(redisConfig.parse({ url: 'redis://redis1.example.com' })).toEqual({
      url: 'redis://redis1.example.com',
      sentinelName: 'mymaster',
      replicas: 0,
      prefix: 'parley',
    })
  })

  it.each([
    { url: 'http://redis1.example.com' },
    { url: 'redis://parley:secret@redis1.example.com' },
    { url: 'redis://[' },
    { sentinels: [] },
    { sentinels: ['redis1.example.com'] },
    { cluster: ['redis://redis1.example.com:6379'] },
    { replicas: -1 },
    { prefix: 'a{b}' },
    { prefix: '' },
    { password: 'secret' },
  ])('refuses %j', (settings) => {
    expect(redisConfig.safeParse(settings).success).toBe(false)
  })

  it('describes every field', () => {
    for (const field of Object.values(redisConfig.shape)) expect(field.description).toBeTruthy()
  })

  it.each([
    ['redis1.example.com:6379', { host: 'redis1.example.com', port: 6379 }],
    ['[2001:db8::1]:6380', { host: '2001:db8::1', port: 6380 }],
  ])('reads the address %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
  })
})
