import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp signs in', () => {
  it('with Digest, through its five steps [R8] [R9] [R12] [R34] [R36] [R41]', async () => {
    await using office = await Office.open()
    const alice = await office.sitDown('alice')
    await expect(alice.signOn()).resolves.toBeUndefined()
  })

  it('with NTLMv1 where the server allows it, on connections that carry it ahead of a challenge [R39] [R40]', async () => {
    await using office = await Office.open({ ntlmv1: true })
    const alice = await office.sitDown('alice')
    await expect(alice.signOn()).resolves.toBeUndefined()
  })

  it('under another name of the server, and still recognises its contacts [R5] [R17]', async () => {
    await using office = await Office.open()
    const alice = await office.signOn('alice', { host: 'localhost' })
    const bob = await office.signOn('bob', { host: '127.0.0.1' })
    await Promise.all([alice.addContact('bob'), bob.addContact('alice')])
    await Promise.all([alice.seesBecome('bob', 'Online'), bob.seesBecome('alice', 'Online')])

    await alice.send('bob', 'which of us is where?')

    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'which of us is where?' })
  })

  it('again after signing off', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')
    await bob.signOff()
    await alice.seesBecome('bob', 'Offline')

    await bob.signOn()

    await alice.seesBecome('bob', 'Online')
  })
})

describe('librvp is refused', () => {
  it('with a wrong password, and says so', async () => {
    await using office = await Office.open()
    const mallory = await office.sitDown('alice', { password: 'Looking-glass-1' })
    await expect(mallory.signOn()).rejects.toThrow('Auth failed')
  })

  it('with a wrong password under NTLM, and says so', async () => {
    await using office = await Office.open({ ntlmv1: true })
    const mallory = await office.sitDown('alice', { password: 'Looking-glass-1' })
    await expect(mallory.signOn()).rejects.toThrow('Auth failed')
  })
})
