import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseSubscriptions } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ParleyServer } from './parley-server.ts'
import { ParleyUser } from './parley-user.ts'

const password = 'correct horse'
const run = promisify(execFile)

interface Step {
  readonly method: string
  readonly status: number
  /** How many times it was sent, with its handshake. */
  readonly rounds: number
  /** The head of the last request. */
  readonly sent: string
  /** The port of the connection at its end. */
  readonly connection: number
  readonly id: string | null
  readonly type: string | null
  readonly body: string
}

interface Session {
  readonly steps: readonly Step[]
  readonly notifies: readonly { readonly head: string; readonly body: string }[]
}

describe('LWP, used as Net::RVP uses it', () => {
  it('signs in with NTLMv1 once, and does all else on that connection [R2] [R4] [R23] [R25] [R27] [R39] [R40]', async () => {
    const users = ['alice', 'bob'].map((name) => ({ name, password, ntDomain: 'CORP' }))
    await using server = await ParleyServer.start({ users, flags: ['--insecure-ntlmv1'] })
    await using bob = await ParleyUser.signOn(server, server.domain, { name: 'bob', password })

    const script = join(import.meta.dirname, 'net-rvp.pl')
    const { stdout } = await run('perl', [script, `${server.port}`, server.domain, 'alice', password])
    const { steps, notifies } = JSON.parse(stdout) as Session

    expect(steps.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'SUBSCRIBE 200',
      'SUBSCRIBE 207',
      'SUBSCRIPTIONS 200',
      'PROPPATCH 207',
      'ACL 200',
      'PROPFIND 207',
      'NOTIFY 200',
      'SUBSCRIBE 200',
      'UNSUBSCRIBE 200',
    ])
    expect(await bob.nextMessage()).toEqual({ from: 'alice', text: 'hello from Perl' })
    // Once signed in, nothing is proved again, and nothing with an empty body says how long it is.
    expect(steps.map(({ rounds }) => rounds)).toEqual([3, 1, 1, 1, 1, 1, 1, 1, 1])
    expect(steps.map(({ sent }) => /^Authorization: NTLM /m.test(sent))).toEqual(steps.map((_, index) => index === 0))
    expect(new Set(steps.map(({ connection }) => connection)).size).toBe(1)
    const withBody = ['PROPPATCH', 'PROPFIND', 'NOTIFY']
    for (const { method, sent } of steps) expect(/^Content-Length: /m.test(sent)).toBe(withBody.includes(method))
    // Its own login must be in the list, or it dies.
    const [login, , listed] = steps
    expect(parseSubscriptions(listed?.body ?? '').map(({ id }) => `${id}`)).toEqual([login?.id])
    for (const { body, type } of steps) if (body !== '') expect(type).toBe('text/xml')
    // It was deaf until its request was answered; the change of its own state came then, with all prefixes on the root.
    expect(notifies[0]?.head).toMatch(/^NOTIFY \/ HTTP\/1\.1\r\n/)
    expect(notifies[0]?.body).toMatch(/^(?:<\?xml[^>]*>\s*)?<r:notification xmlns:/)
    expect(notifies[0]?.body).toContain('<r:online/>')
  })
})
