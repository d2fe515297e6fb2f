import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp and our own client', () => {
  it('see each other come, change and go, each by the name of the server that it knows [R17]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    await alice.addContact('carol')
    await alice.seesBecome('carol', 'Offline')

    const carol = await office.signOnWithParley('carol')
    expect(await carol.addContact('alice')).toBe('online')
    await alice.seesBecome('carol', 'Online')

    await carol.setState('at-lunch')
    await alice.seesBecome('carol', 'Out To Lunch')
    await alice.setState('On The Phone')
    await carol.seesBecome('alice', 'on-phone')

    await carol.signOff()
    await alice.seesBecome('carol', 'Offline')
  })

  it('shows librvp, which signs off, as offline at once [R26]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    const carol = await office.signOnWithParley('carol')
    await carol.addContact('alice')

    await alice.signOff()

    await carol.seesBecome('alice', 'offline')
  })

  it('never shows an invisible user to librvp as anything but offline [R19]', async () => {
    await using office = await Office.open()
    const carol = await office.signOnWithParley('carol')
    await carol.setState('invisible')
    const alice = await office.signOn('alice')

    expect(await alice.addContact('carol')).toBe(207)

    await alice.seesBecome('carol', 'Offline')
    await carol.setState('busy')
    await alice.seesBecome('carol', 'Busy')
    await carol.setState('invisible')
    await alice.seesBecome('carol', 'Offline')
  })

  // NOTE: only ASCII. librvp writes text as UTF-8 twice over, and undoes that in what it reads, so that other letters reach
  // nobody but another librvp; the server passes them on as they are [R32].
  it('message each other [R30] [R32] [R33]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    await alice.addContact('carol')
    const carol = await office.signOnWithParley('carol')
    await alice.seesBecome('carol', 'Online')

    await alice.send('carol', 'fish & <chips>, "please"')
    expect(await carol.nextMessage()).toEqual({ from: 'alice', text: 'fish & <chips>, "please"' })
    expect(await carol.send('alice', 'here: ]]> enjoy')).toBe('delivered')
    expect(await alice.nextMessage()).toEqual({ from: 'carol', text: 'here: ]]> enjoy' })
  })

  it('show each other that they type, under one name of the server, which the payload carries [R32]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    await alice.addContact('carol')
    const carol = await office.signOnWithParley('carol', { host: '127.0.0.1' })
    await alice.send('carol', 'hello')
    await carol.nextMessage()
    await carol.send('alice', 'hello')
    await alice.nextMessage()

    await carol.typing('alice')
    await alice.seesTyping('carol')
    await alice.typing('carol')
    await carol.seesTyping('alice')
  })

  it('keeps to what librvp blocks [R42]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice')
    const carol = await office.signOnWithParley('carol')
    await carol.addContact('alice')

    await alice.block('carol')
    await carol.seesBecome('alice', 'offline')
    expect(await carol.send('alice', 'hello?')).toBe('forbidden')

    await alice.unblock('carol')
    await carol.seesBecome('alice', 'online')
    expect(await carol.send('alice', 'hello!')).toBe('delivered')
  })
})
