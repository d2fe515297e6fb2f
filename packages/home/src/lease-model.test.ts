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

describe('handing a home back, in every order in which things can happen', () => {
  it('loses nothing, never has two writers, and ends at the process that names it', async ({ annotate }) => {
    const found = await explore({ ...(await heldWorld(keeperRules)), named: [false, true] }, 10, keeperRules)
    await annotate(`${found.worlds} worlds, ${found.steps} steps`)
    expect(found.failure).toBeUndefined()
    expect(found.worlds).toBeGreaterThan(20_000)
  }, 120_000)

  it('leaves a home that both name to its holder', async ({ annotate }) => {
    const found = await explore({ ...(await heldWorld(keeperRules)), named: [true, true] }, 8, keeperRules)
    await annotate(`${found.worlds} worlds, ${found.steps} steps`)
    expect(found.failure).toBeUndefined()
    expect(found.worlds).toBeGreaterThan(5_000)
  }, 120_000)

  it('notices a holder that hands over what an earlier one was asked for', async () => {
    const rules: Rules = { ...keeperRules, handsBack: (_asked, _held, namesIt) => !namesIt }
    const first = { ...(await heldWorld(rules)), named: [false, true] }
    const again = ['release', 'take'].flatMap((call) => asked(call, `${call}s`))
    const world = await after(first, rules, '1 asks for the home', '0 leaves', ...again)
    const { failure } = await explore(world, 6, rules)
    expect(failure?.what).toBe('a home is handed over that an earlier holder was asked for')
  })

  it('notices a holder that hands over what it names itself', async () => {
    const rules: Rules = { ...keeperRules, handsBack: (asked, held) => asked === held }
    const { failure } = await explore({ ...(await heldWorld(rules)), named: [true, true] }, 11, rules)
    expect(failure?.what).toBe('a process that names the home hands it over because it is asked')
  })

  it('notices a holder that keeps all', async () => {
    const rules: Rules = { ...keeperRules, handsBack: () => false }
    const { failure } = await explore({ ...(await heldWorld(rules)), named: [false, true] }, 11, rules)
    expect(failure?.what).toBe('the home does not come back to the process that names it')
  })
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
  return after(firstWorld, rules, ...asked('take', 'takes'), ...asked('load', 'loads'), ...asked('write', 'writes'))
}

/** A call of the first process, from its making to its answer. */
function asked(call: string, verb: string): string[] {
  return [`0 ${verb}`, `the store carries out the ${call} of 0`, `0 hears of its ${call}`]
}
