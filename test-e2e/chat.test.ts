import { describe, expect, it } from 'vitest'
import { ParleyServer } from './parley-server.ts'
import { RunningCommand } from './running-command.ts'

const password = 'correct horse'
const users = ['alice', 'bob'].map((name) => ({ name, password }))

function chat(server: ParleyServer, name: string, ...more: string[]): RunningCommand {
  const where = ['--server', `http://127.0.0.1:${server.port}`, '--password-stdin']
  return new RunningCommand([
    process.execPath,
    'packages/server/src/main.ts',
    ...['chat', `${name}@${server.domain}`, ...where, ...more],
  ])
}

describe('parley chat, through pipes', () => {
  it('shows two people each other’s states and messages, and signs off at the end of its input', async () => {
    await using server = await ParleyServer.start({ users })
    await using alice = chat(server, 'alice', '--contact', 'bob')
    alice.type(password)
    await alice.line(/signed on as alice, online/)
    await alice.line(/bob +offline/)
    await using bob = chat(server, 'bob', '--contact', 'alice')
    bob.type(password)
    await bob.line(/alice +online/)
    await alice.line(/bob is online/)

    alice.type('hello bob')
    await bob.line(/<alice> hello bob$/)
    await alice.line(/-> <bob> hello bob$/)
    bob.type('/msg alice hello alice, Ærlig talt')
    await alice.line(/<bob> hello alice, Ærlig talt$/)
    bob.type('/state busy')
    await alice.line(/bob is busy/)

    bob.endInput()
    const ended = await bob.finished
    expect(ended).toMatchObject({ code: 0, stderr: [] })
    await alice.line(/bob is offline/)
    alice.type('are you still there?')
    await alice.line(/! bob is not available, the message was not delivered/)
    alice.type('/quit')
    // A script sees by the code that something was not done.
    expect(await alice.finished).toMatchObject({ code: 1, stderr: [] })
  })

  it('tells in a sentence why it cannot sign on', async () => {
    await using server = await ParleyServer.start({ users })
    await using wrong = chat(server, 'alice')
    wrong.type('battery staple')
    expect(await wrong.finished).toMatchObject({
      code: 1,
      stderr: [expect.stringContaining(`parley: wrong password, or no such user: alice@${server.domain}`)],
    })
    await server.stop()
    await using lost = chat(server, 'alice')
    lost.type(password)
    const { code, stderr } = await lost.finished
    expect(code).toBe(1)
    expect(stderr).toHaveLength(1)
    expect(stderr[0]).toMatch(/^parley: http:\/\/127\.0\.0\.1:[0-9]+: /)
  })
})
