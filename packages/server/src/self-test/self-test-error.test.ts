import { RequestRefusedError, TransportError } from '@parley/client'
import { describe, expect, it } from 'vitest'
import { SelfTestError, SelfTestTimeoutError, selfTestProblem } from './self-test-error.ts'

const server = 'https://im.example.com'
const place = { server, hint: 'is NATS there?' }
const signingIn = 'alice@im.example.com'

describe('why a step of the self-test failed', () => {
  it('is told with what to look at when it took too long', () => {
    expect(selfTestProblem(new SelfTestTimeoutError('not within 10 s'), place)).toBe('not within 10 s: is NATS there?')
  })

  it('is told in the words of the step', () => {
    expect(selfTestProblem(new SelfTestError('who blocks whom?'), place)).toBe('who blocks whom?')
  })

  it('is told of a sign-in as to a person who signs in', () => {
    const refused = new RequestRefusedError('SUBSCRIBE', 403, 'r-1')
    const problem = selfTestProblem(refused, { ...place, signingIn })
    expect(problem).toBe('alice@im.example.com is not enabled for instant messaging, or may not sign on from here')
  })

  it('names the server when that cannot be asked, or is not believed', () => {
    const away = new TransportError('unreachable', 'connect ECONNREFUSED')
    expect(selfTestProblem(away, place)).toBe(`${server}: connect ECONNREFUSED`)
    const untrusted = new TransportError('certificate', 'unknown authority')
    expect(selfTestProblem(untrusted, { ...place, signingIn })).toContain('--ca')
  })

  it('names the request that a server refused', () => {
    const busy = new RequestRefusedError('NOTIFY', 503, 'r-1')
    expect(selfTestProblem(busy, place)).toBe('the server is busy or starting, try again later (request r-1)')
  })

  it('is not told of a mistake of ours', () => {
    expect(selfTestProblem(new TypeError('x is undefined'), place)).toBeUndefined()
  })
})
