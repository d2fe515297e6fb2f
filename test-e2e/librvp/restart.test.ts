import { describe, expect, it } from 'vitest'
import { Office } from './office.ts'

describe('librvp stays signed in', () => {
  it('when the server is killed and started again: messages and presence flow as before (promise 1)', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')

    await office.server.kill()
    await office.server.restart()

    await alice.send('bob', 'what was that?')
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'what was that?' })
    await bob.send('alice', 'what was what?')
    expect(await alice.nextMessage()).toEqual({ from: 'bob', text: 'what was what?' })

    await bob.setState('On The Phone')
    await alice.seesBecome('bob', 'On The Phone')
    await alice.signOff()
    await bob.seesBecome('alice', 'Offline')
  })

  it('and whom it blocked stays blocked (promise 1) [R42]', async () => {
    await using office = await Office.open()
    const [alice, bob] = await office.signOnTogether('alice', 'bob')
    await alice.block('bob')
    await bob.seesBecome('alice', 'Offline')

    await office.server.kill()
    await office.server.restart()

    expect(await bob.send('alice', 'are you there?')).toBe(403)
    await alice.unblock('bob')
    await bob.seesBecome('alice', 'Online')
    expect(await bob.send('alice', 'at last')).toBe(200)
  })
})
