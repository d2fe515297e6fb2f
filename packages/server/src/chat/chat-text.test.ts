import { RequestRefusedError, TransportError } from '@parley/client'
import { BadRequestError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { contactsText, failureText, helpText, signOnProblemText } from './chat-text.ts'

const problem = (error: unknown) => signOnProblemText(error, 'http://127.0.0.1:8080', 'alice@im.example.com')
const refused = (status: number) => new RequestRefusedError('SUBSCRIBE', status, undefined)

describe('the texts of a chat', () => {
  it('tell why nobody is signed on', () => {
    expect(problem(new TransportError('unreachable', 'the server cannot be reached'))).toBe(
      'http://127.0.0.1:8080: the server cannot be reached',
    )
    expect(problem(refused(401))).toContain('wrong password, or no such user: alice@im.example.com')
    expect(problem(refused(401))).toContain('--scheme basic')
    expect(problem(new TransportError('certificate', 'it is not trusted'))).toContain('it is not trusted: --ca')
    expect(problem(refused(403))).toContain('is not enabled')
    expect(problem(refused(404))).toContain('does not know alice@im.example.com')
    expect(problem(refused(429))).toContain('too many wrong passwords')
    expect(problem(new BadRequestError('address has no valid alias'))).toBe('address has no valid alias')
    expect(problem(new TypeError('bug'))).toBeUndefined()
  })

  it('tell what became of a message', () => {
    expect(failureText('bob', 'delivered')).toBeUndefined()
    expect(failureText('bob', 'not-available')).toBe('bob is not available, the message was not delivered')
    expect(failureText('bob', 'forbidden')).toContain('does not accept')
    expect(failureText('bob', 'unknown')).toContain('there is no bob')
  })

  it('help', () => {
    expect(contactsText([])).toContain('/add NAME')
    for (const command of ['/help', '/msg NAME TEXT', '/state STATE', '/quit']) expect(helpText()).toContain(command)
  })
})
