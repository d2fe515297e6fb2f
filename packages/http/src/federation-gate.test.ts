import { ManualClock } from '@parley/domain'
import { TooManyRequestsError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { DomainGate, DomainGates } from './federation-gate.ts'

const limits = { requestsPerSecond: 2, concurrent: 2, connections: 1 }
const done = () => Promise.resolve('done')

describe('the gate of a domain', () => {
  it('lets as many requests a second through as the policy says', async () => {
    const clock = new ManualClock()
    const gate = new DomainGate(limits, clock)
    expect([await gate.pass(done), await gate.pass(done)]).toEqual(['done', 'done'])
    const refused = await gate.pass(done).catch((err: unknown) => err)
    expect(refused).toBeInstanceOf(TooManyRequestsError)
    expect(refused).toMatchObject({ status: 429, headers: [['Retry-After', '1']] })
    clock.elapse(500)
    expect(await gate.pass(done)).toBe('done')
  })

  it('lets only so many requests be under way', async () => {
    const gate = new DomainGate({ ...limits, requestsPerSecond: 100 }, new ManualClock())
    const { promise, resolve } = Promise.withResolvers<string>()
    const waiting = [gate.pass(() => promise), gate.pass(() => promise)]
    await expect(gate.pass(done)).rejects.toThrow(TooManyRequestsError)
    resolve('answered')
    expect(await Promise.all(waiting)).toEqual(['answered', 'answered'])
    expect(await gate.pass(done)).toBe('done')
  })

  it('refuses at once what goes to a domain that does not answer', async () => {
    const clock = new ManualClock()
    const gate = new DomainGate({ ...limits, requestsPerSecond: 100 }, clock)
    const away = new Error('no answer')
    let asked = 0
    const fail = () => {
      asked += 1
      return Promise.reject(away)
    }
    for (let count = 0; count < 5; count++) await expect(gate.pass(fail, (err) => err === away)).rejects.toBe(away)
    await expect(gate.pass(fail, () => true)).rejects.toThrow(UnavailableError)
    expect(asked).toBe(5)
    clock.elapse(60_000)
    expect(await gate.pass(done)).toBe('done')
  })

  it('takes an error that the domain answers for an answer', async () => {
    const gate = new DomainGate({ ...limits, requestsPerSecond: 100 }, new ManualClock())
    const fail = () => Promise.reject(new Error('not found'))
    for (let count = 0; count < 9; count++) await expect(gate.pass(fail)).rejects.toThrow('not found')
    expect(await gate.pass(done)).toBe('done')
  })

  it('lets one domain use up nothing of another', async () => {
    const gates = new DomainGates(new ManualClock())
    const [b, c] = [gates.of({ domain: 'b.example', limits }), gates.of({ domain: 'c.example', limits })]
    await b.pass(done)
    await b.pass(done)
    await expect(b.pass(done)).rejects.toThrow(TooManyRequestsError)
    expect(await c.pass(done)).toBe('done')
    expect(gates.of({ domain: 'c.example', limits })).toBe(c)
  })
})
