import { type Clock, ManualClock, NotAskedError, type NtlmProof, systemClock } from '@parley/domain'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gssSpnego } from '../src/gss-spnego.ts'
import { type HelperPoolOptions, WinbindNtlm, WinbindTickets } from '../src/index.ts'
import { ntlmQuestion, ntlmServer } from '../src/ntlm-server.ts'
import { stubHelper } from './stub-helper.ts'

const proof: NtlmProof = {
  username: 'alice',
  ntDomain: 'EXAMPLE',
  serverChallenge: Buffer.from('0123456789abcdef', 'hex'),
  ntResponse: Buffer.alloc(48, 7),
  lmResponse: new Uint8Array(),
}

async function open(body: string, more: Partial<HelperPoolOptions> = {}) {
  const problems: string[] = []
  const events = { answered: () => undefined, problem: (detail: string) => void problems.push(detail) }
  const command = await stubHelper(body)
  const options = { command, processes: 2, clock: systemClock as Clock, events, ...more }
  const ntlm = new WinbindNtlm(options)
  const tickets = new WinbindTickets(options)
  onTestFinished(async () => {
    await ntlm[Symbol.asyncDispose]()
    await tickets[Symbol.asyncDispose]()
  })
  return { ntlm, tickets, problems }
}

const onDot = (words: string) => `[ "$line" = . ] && { ${words}; }`
const saysYes = onDot(`printf 'Authenticated: Yes\\n.\\n'`)
const saysNo = (reason: string) => onDot(`printf 'Authenticated: No\\nAuthentication-Error: ${reason}\\n.\\n.\\n'`)

describe('ntlm_auth --helper-protocol=ntlm-server-1', () => {
  it('is asked by standard input, names in base64', () => {
    const odd = { ...proof, username: 'al\nNT-Response: 00\n.\nice', ntDomain: 'Ünï' }
    expect(ntlmQuestion(odd).split('\n')).toEqual([
      'LANMAN-Challenge: 0123456789abcdef',
      `NT-Response: ${'07'.repeat(48)}`,
      `Username:: ${Buffer.from(odd.username).toString('base64')}`,
      `NT-Domain:: ${Buffer.from('Ünï').toString('base64')}`,
      '.',
      '',
    ])
  })

  it('says yes', async () => {
    const { ntlm, problems } = await open(saysYes)
    expect(await Promise.all([1, 2, 3, 4].map(() => ntlm.checkNtlm(proof)))).toEqual([true, true, true, true])
    expect(problems).toEqual([])
  })

  it.each([
    'When trying to update a password, this return status indicates that the value provided as the current password is not correct.',
    'The specified account does not exist.',
    'The referenced account is currently disabled and cannot be logged on to.',
    'The user account has expired.',
    'The user password must be changed before logging on the first time.',
    'The user account has been automatically locked because too many invalid logon attempts or password change attempts have been requested.',
  ])('says no: %s', async (reason) => {
    const { ntlm, problems } = await open(saysNo(reason))
    for (let index = 0; index < 3; index++) expect(await ntlm.checkNtlm(proof)).toBe(false)
    expect(problems).toEqual([])
  })

  it('is started again when it does not find winbindd, after a while', async () => {
    const clock = new ManualClock()
    const { ntlm } = await open(saysNo('Reading winbind reply failed!'), { clock, processes: 1 })
    const messages: string[] = []
    for (const laterMs of [0, 0, 1_000]) {
      clock.elapse(laterMs)
      await ntlm.checkNtlm(proof).catch((error: Error) => messages.push(error.message))
    }
    expect(messages.map((message) => message.includes('is of no more use'))).toEqual([false, true, false])
  })

  it.each([
    ['There are currently no logon servers available to service the logon request.', true],
    ['Reading winbind reply failed!', true],
    ['The trust relationship between this workstation and the primary domain failed.', false],
    ['', false],
  ])('cannot say: %s', async (reason, isUnasked) => {
    const { ntlm, problems } = await open(saysNo(reason))
    const error = await ntlm.checkNtlm(proof).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 503 })
    expect(error instanceof NotAskedError).toBe(isUnasked)
    expect(problems).toHaveLength(1)
  })

  it.each([
    ['ends', 'exit 3', /has ended \(3\)/],
    ['says what no helper says', 'echo Authenticated: Maybe; echo .', /is not understood: it answers neither/],
    ['does not come to an end', `yes 'Authenticated: Yes' | head -c 40000`, /is not understood: its answer has no end/],
    ['says an endless line', `head -c 300000 /dev/zero | tr '\\0' x`, /says too much/],
    ['complains', 'echo cannot read smb.conf >&2; exit 1', /cannot read smb\.conf/],
  ])('is unavailable when the helper %s, and started again', async (_, body, reason) => {
    const clock = new ManualClock()
    const { ntlm, problems } = await open(onDot(body), { clock })
    await expect(ntlm.checkNtlm(proof)).rejects.toMatchObject({ status: 503, message: expect.stringMatching(reason) })
    const resting = await ntlm.checkNtlm(proof).catch((thrown: unknown) => thrown)
    expect(resting).toBeInstanceOf(NotAskedError)
    clock.elapse(1_000)
    await expect(ntlm.checkNtlm(proof)).rejects.toMatchObject({ status: 503 })
    expect(problems).toHaveLength(2)
  })

  it('takes no answer that nobody has asked for: it could be that to an earlier question', async () => {
    const twice = onDot(`printf 'Authenticated: Yes\\n.\\nAuthenticated: Yes\\n.\\n'`)
    const { ntlm } = await open(twice, { processes: 1 })
    expect(await ntlm.checkNtlm(proof)).toBe(true)
    // The helper has ended by now, or ends under the question; a second "yes" of the first is never the answer.
    const second = await ntlm.checkNtlm(proof).catch((thrown: unknown) => thrown)
    expect(second === true || (second as Error).message.includes('speaks without being asked')).toBe(true)
  })

  it('is unavailable when the program is not there', async () => {
    const { ntlm, problems } = await open('', { command: ['/nowhere/ntlm_auth'] })
    await expect(ntlm.checkNtlm(proof)).rejects.toMatchObject({ status: 503 })
    expect(problems).toEqual(['/nowhere/ntlm_auth cannot be run (ENOENT)'])
  })

  it('keeps nobody waiting for ever, and not too many', async () => {
    const clock = new ManualClock()
    const { ntlm } = await open('true', { clock, processes: 1, mostWaiting: 1, timeoutMs: 5_000 })
    const [first, second, third] = [1, 2, 3].map(() => ntlm.checkNtlm(proof).catch((thrown: unknown) => thrown))
    expect(await third).toBeInstanceOf(NotAskedError)
    clock.elapse(5_000)
    expect(await first).toMatchObject({ status: 503, message: expect.stringContaining('has not answered for 5 s') })
    expect(await second).toBeInstanceOf(NotAskedError)
  })
})

describe('ntlm_auth --helper-protocol=gss-spnego', () => {
  const token = Buffer.from([0x60, 1, 2])

  it('names who has a right ticket, and gives the token for the client', async () => {
    const { tickets } = await open(`[ "$line" = 'YR YAEC' ] && echo 'AF oQEC EXAMPLE\\\\Ali Ce'`)
    expect(await tickets.checkTicket(token)).toEqual({ username: 'EXAMPLE\\Ali Ce', reply: Buffer.from([0xa1, 1, 2]) })
  })

  it.each(['NA * NT_STATUS_LOGON_FAILURE', 'TT oQEC *', 'NA'])('refuses: %s', async (answer) => {
    const { tickets } = await open(`echo '${answer}'`)
    for (let index = 0; index < 3; index++) expect(await tickets.checkTicket(token)).toBeUndefined()
  })

  it('says that it is broken', async () => {
    const { tickets, problems } = await open(`echo 'BH no keytab'`)
    await expect(tickets.checkTicket(token)).rejects.toMatchObject({ status: 503 })
    expect(problems).toEqual(['ntlm_auth cannot check tickets: no keytab'])
  })
})

describe('what helpers say', () => {
  it('is read strictly, whatever it is', () => {
    const words = fc.constantFrom(
      'Authenticated: Yes',
      'Authenticated: No',
      'AF',
      'AF * x',
      'AF ! x',
      '.',
      '',
      'AF oQ== ',
    )
    const line = fc.oneof(words, fc.string())
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        for (const protocol of [ntlmServer, gssSpnego]) {
          let reply: unknown
          try {
            reply = protocol.reply(lines)
          } catch (error) {
            expect(error).toBeInstanceOf(Error)
          }
          if (JSON.stringify(reply ?? '').includes('"kind":"right"')) {
            expect(lines[0]).toMatch(protocol === gssSpnego ? /^AF \S+ ./ : /^Authenticated: Yes$/)
          }
        }
      }),
    )
  })
})
