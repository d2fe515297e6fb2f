import { describe, expect, it } from 'vitest'
import { leaseRenewed } from './lease-state.ts'
import { after, explore } from './testing/lease-explorer.ts'
import { firstWorld, keeperRules, type Rules } from './testing/lease-world.ts'

/**
 * All ways in which two processes, the leases and the store can act on one home, step by step: a process may be stopped and
 * its lease run out between any two steps, and the store may stop with answers under way. See `testing/lease-world.ts`.
 */
describe('holding a home, in every order in which things can happen', () => {
  it('loses nothing, never has two writers and can always go on, from a home that nobody ever held', async ({
    annotate,
  }) => {
    const found = await explore(firstWorld, 12, keeperRules)
    await annotate(`${found.worlds} worlds, ${found.steps} steps`)
    expect(found.failure).toBeUndefined()
    expect(found.worlds).toBeGreaterThan(30_000)
  }, 120_000)

  it('loses nothing, never has two writers and can always go on, from a home that is held and written', async ({
    annotate,
  }) => {
    const found = await explore(await heldWorld(keeperRules), 10, keeperRules)
    await annotate(`${found.worlds} worlds, ${found.steps} steps`)
    expect(found.failure).toBeUndefined()
    expect(found.worlds).toBeGreaterThan(20_000)
  }, 120_000)
})

describe('the exploration notices', () => {
  it('a store that lets an old holder write until the new one has written', async () => {
    const failure = await failureOf({ ...keeperRules, fenced: false })
    expect(failure).toBe('a write of an old epoch was accepted after a newer take')
  })

  it('a holder that serves without a look at the time, as one that wakes up may', async () => {
    const failure = await failureOf({ ...keeperRules, mayServe: ({ lost }) => !lost })
    expect(failure).toBe('a process serves what somebody else took, and could have known')
  })

  it('a holder that counts its lease from when it hears that it was renewed', async () => {
    const failure = await failureOf({
      ...keeperRules,
      leaseRenewed: (state, outcome, _sentAt, lifetimeMs) => leaseRenewed(state, outcome, 0, lifetimeMs),
    })
    expect(failure).toBe('a process serves what somebody else took, and could have known')
  })

  it('a holder that goes on after it heard that it lost the home', async () => {
    const failure = await failureOf({
      ...keeperRules,
      leaseRenewed: (state, _outcome, sentAt, lifetimeMs) => leaseRenewed(state, 'unanswered', sentAt, lifetimeMs),
    })
    expect(failure).toBe('the home is not served though nothing more goes wrong')
  })

  it('a holder that never serves again once its lease ran out, and keeps it from others', async () => {
    const failure = await failureOf({
      ...keeperRules,
      leaseRenewed: (state, ...renewal) => (state.serveUntil > 0 ? leaseRenewed(state, ...renewal) : state),
    })
    expect(failure).toBe('the home is not served though nothing more goes wrong')
  })

  async function failureOf(rules: Rules): Promise<string | undefined> {
    const { failure } = await explore(await heldWorld(rules), 11, rules)
    return failure?.what
  }
})

/** One process holds the home, and a client's change is acknowledged. */
function heldWorld(rules: Rules): ReturnType<typeof after> {
  const asked = (call: string, verb: string): string[] => [
    `0 ${verb}`,
    `the store carries out the ${call} of 0`,
    `0 hears of its ${call}`,
  ]
  return after(firstWorld, rules, ...asked('take', 'takes'), ...asked('load', 'loads'), ...asked('write', 'writes'))
}
