import { describe, expect, it } from 'vitest'
import { connectionsAllowedFrom } from './listener-limits.ts'

describe('connectionsAllowedFrom', () => {
  const limits = { connectionsPerAddress: 3, connectionsFromLoopback: 50 }

  it.each(['10.1.2.3', '192.0.2.1', '2001:db8::1'])('bounds what one client at %s takes', (address) => {
    expect(connectionsAllowedFrom(address, limits)).toBe(3)
  })

  it.each(['127.0.0.1', '127.3.4.5', '::1'])('lets a proxy at %s bring many', (address) => {
    expect(connectionsAllowedFrom(address, limits)).toBe(50)
  })
})
