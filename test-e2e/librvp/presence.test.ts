import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp watches a contact', () => {
  it('and shows each of its states, from online to offline [R18] [R19] [R26] [R29]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    await alice.addContact('bob')
    await alice.seesBecome('bob', 'Offline')

    const bob = await office.signOn('bob')
    await alice.seesBecome('bob', 'Online')

    for (const state of [
      'Busy',
      'Away From Computer',
      'Be Right Back',
      'On The Phone',
      'Out To Lunch',
      'Idle',
    ] as const) {
      await bob.setState(state)
      await alice.seesBecome('bob', state)
    }
    await bob.setState('Online')
    await alice.seesBecome('bob', 'Online')

    await bob.signOff()
    await alice.seesBecome('bob', 'Offline')
  })

  it('who is online already, and learns the state from the answer to SUBSCRIBE [R12] [R14] [R16] [R18]', async () => {
    await using office = await Office.open()
    const bob = await office.signOn('bob')
    await bob.setState('On The Phone')
    const alice = await office.signOn('alice')

    expect(await alice.addContact('bob')).toBe(207)

    await alice.seesBecome('bob', 'On The Phone')
    expect(await alice.contactState('bob')).toBe('On The Phone')
  })

  it('once per change, although each login leaves another subscription behind [R26]', async () => {
    await using office = await Office.open()
    const [before, bob] = await office.signOnTogether('alice', 'bob')
    await before.signOff()
    await bob.seesBecome('alice', 'Offline')
    const alice = await office.signOn('alice')
    await alice.addContact('bob')
    await alice.seesBecome('bob', 'Online')
    await bob.send('alice', 'welcome back')
    await alice.nextMessage()
    await alice.takePresence('bob')

    await bob.setState('Busy')
    await alice.seesBecome('bob', 'Busy')
    await bob.setState('Online')
    await bob.send('alice', 'that is all')
    await alice.nextMessage()

    expect(await alice.takePresence('bob')).toEqual(['busy', 'online'])
  })

  it('who does not exist, and stays signed in [R13]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    expect(await alice.addContact('nobody')).toBe(404)
    await alice.send('bob', 'still here')

    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'still here' })
    expect(await alice.contactState('nobody')).toBe('Offline')
  })
})

describe('librvp removes a contact', () => {
  it('and hears no more of it, while the contact goes on watching [R12]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    expect(await alice.removeContact('bob')).toBe(200)
    expect(await alice.contactState('bob')).toBeUndefined()
    await alice.takePresence('bob')
    await bob.setState('Busy')
    await bob.send('alice', 'I was busy')
    expect(await alice.nextMessage()).toEqual({ from: 'bob', text: 'I was busy' })

    expect(await alice.takePresence('bob')).toEqual([])
    await alice.setState('Busy')
    await bob.seesBecome('alice', 'Busy')
  })
})
