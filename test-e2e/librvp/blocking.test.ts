import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp blocks a contact', () => {
  it('who then sees it offline and cannot send to it, until it is unblocked [R42]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    await alice.block('bob')
    await bob.seesBecome('alice', 'Offline')
    expect(await bob.send('alice', 'are you there?')).toBe(403)
    await alice.setState('Busy')
    expect(await bob.contactState('alice')).toBe('Offline')

    await alice.unblock('bob')
    await bob.seesBecome('alice', 'Busy')
    expect(await bob.send('alice', 'there you are')).toBe(200)
    expect(await alice.nextMessage()).toEqual({ from: 'bob', text: 'there you are' })
  })

  it('and keeps its own rights, and everybody else theirs [R42] [R43]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')
    const carol = await office.signOn('carol')
    await carol.addContact('alice')
    await carol.seesBecome('alice', 'Online')

    await alice.block('bob')
    await bob.seesBecome('alice', 'Offline')

    await alice.setState('Out To Lunch')
    await carol.seesBecome('alice', 'Out To Lunch')
    await carol.send('alice', 'enjoy')
    expect(await alice.nextMessage()).toEqual({ from: 'carol', text: 'enjoy' })
  })
})
