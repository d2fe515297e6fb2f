import { join } from 'node:path'
import { RequestRefusedError, type RvpClient } from '@parley/client'
import { connect } from '@parley/client/node'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { type Finished, parley, RunningCommand } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

const password = 'correct horse'
const domain = 'im.example.com'

/** A users file, and `parley user` on it. */
class Accounts {
  readonly file: string

  constructor(folder: string) {
    this.file = join(folder, 'users.yaml')
  }

  async run(words: readonly string[], input = ''): Promise<Finished> {
    return await parley(['user', ...words, '--users', this.file], input)
  }

  async add(name: string, ...more: string[]): Promise<Finished> {
    return await this.run(['add', name, '--password-stdin', ...more], `${password}\n`)
  }

  async list(): Promise<unknown[]> {
    const { stdout } = await this.run(['list', '--json'])
    const listed = JSON.parse(stdout.join('\n')) as { name: string; enabled: boolean; displayName: string }[]
    return listed.map(({ name, enabled, displayName }) => ({ name, enabled, displayName }))
  }
}

describe('parley user', () => {
  it('adds, enables, disables, removes and lists', async () => {
    await using folder = await temporaryFolder('accounts')
    const accounts = new Accounts(folder.path)
    expect((await accounts.add('alice')).stdout).toEqual(['alice was added; to let the user in: parley user enable'])
    expect((await accounts.add('bob', '--enable', '--display-name', 'Bob Baker')).stdout).toEqual(['bob was added'])
    const alice = { name: 'alice', displayName: 'alice' }
    const bob = { name: 'bob', displayName: 'Bob Baker' }
    expect(await accounts.list()).toEqual([
      { ...alice, enabled: false },
      { ...bob, enabled: true },
    ])
    await accounts.run(['enable', 'alice'])
    await accounts.run(['disable', 'bob'])
    expect(await accounts.list()).toEqual([
      { ...alice, enabled: true },
      { ...bob, enabled: false },
    ])
    await accounts.run(['remove', 'alice'])
    expect(await accounts.list()).toEqual([{ ...bob, enabled: false }])
  })

  it('says what is wrong, and changes nothing then', async () => {
    await using folder = await temporaryFolder('accounts')
    const accounts = new Accounts(folder.path)
    await accounts.add('alice')
    const wrong = [
      await accounts.add('alice'),
      await accounts.add('no such name'),
      await accounts.run(['add', 'carol', '--password-stdin'], '\n'),
      await accounts.run(['disable', 'nobody']),
      await accounts.run(['passwd', 'nobody', '--password-stdin'], 'x\n'),
    ]
    for (const { code, stdout, stderr } of wrong) {
      expect([code, stdout]).toEqual([1, []])
      expect(stderr[0]).toMatch(/^parley: /)
      expect(stderr.join('\n')).not.toMatch(/^\s+at /m)
    }
    expect(await accounts.list()).toEqual([{ name: 'alice', enabled: false, displayName: 'alice' }])
  })
})

describe('parley user, while the server runs', () => {
  it('lets new users in, takes new passwords, and signs off whom it disables', async () => {
    await using folder = await temporaryFolder('accounts')
    const accounts = new Accounts(folder.path)
    for (const name of ['alice', 'bob', 'carol']) await accounts.add(name, '--enable')
    const where = ['--listen', '127.0.0.1:0', '--data', join(folder.path, 'data'), '--users', accounts.file]
    const words = ['serve', '--domain', domain, ...where]
    await using command = new RunningCommand([process.execPath, 'packages/server/src/main.ts', ...words])
    const server = (await command.line(/^ready /)).slice('ready '.length)
    await using open = new AsyncDisposableStack()
    const signOn = async (alias: string, secret = password): Promise<RvpClient> => {
      const client = await connect({ server, domain, alias, password: secret, device: 'stream' })
      open.defer(() => client.close())
      return client
    }
    const alice = await signOn('alice')
    const bob = await signOn('bob')
    const gone = new EventQueue<'signed-out'>()
    bob.on(({ type }) => {
      if (type === 'signed-out') gone.push(type)
    })

    await expect(signOn('dave')).rejects.toThrow(RequestRefusedError)
    expect(await alice.send(userUrl(domain, 'dave'), 'are you there?')).toBe('unknown')
    const renewed = await accounts.run(['passwd', 'carol', '--password-stdin'], 'battery staple\n')
    expect(renewed.stdout).toEqual(['carol has a new password'])
    await accounts.add('dave', '--enable')
    // The server looks at the file when the system tells it of the change, which it may do after the command has ended.
    let outcome: string
    do outcome = await alice.send(userUrl(domain, 'dave'), 'are you there?')
    while (outcome === 'unknown')
    expect(outcome).toBe('not-available')
    const dave = await signOn('dave')
    expect(await dave.watch(userUrl(domain, 'alice'))).toBe('online')
    await expect(signOn('carol')).rejects.toThrow(RequestRefusedError)
    await signOn('carol', 'battery staple')

    await accounts.run(['disable', 'bob'])
    await gone.next('sign-off of bob')
    expect(await alice.send(userUrl(domain, 'bob'), 'still there?')).toBe('unknown')
    await expect(signOn('bob')).rejects.toThrow(RequestRefusedError)
  })
})
