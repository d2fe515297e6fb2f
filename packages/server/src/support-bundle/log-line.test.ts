import { describe, expect, it } from 'vitest'
import { KnownSecrets } from './known-secrets.ts'
import { redactLogLine } from './log-line.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { Redaction } from './redaction.ts'

const redact = (line: string, redaction = new Redaction(new KnownSecrets(), new Pseudonyms())) =>
  redactLogLine(line, redaction)

it('keeps what tells what happened, and replaces who it was', () => {
  const line = {
    level: 30,
    time: '2026-01-02T03:04:05.678Z',
    event: 'request',
    reqId: 'a-1',
    method: 'NOTIFY',
    status: 200,
    durationMs: 3,
  }
  const people = {
    node: 'http://im.example.com/instmsg/aliases/bob',
    principal: 'http://im.example.com/instmsg/aliases/alice',
    peer: '192.0.2.7',
  }
  const redacted = JSON.parse(redact(JSON.stringify({ ...line, ...people }))) as Record<string, string>
  expect(redacted).toMatchObject(line)
  expect(redacted.node).toMatch(/aliases\/person-\w{10}$/)
  expect(redacted.principal).not.toBe(redacted.node)
  expect(redacted.peer).toMatch(/^address-/)
})

it('keeps nothing of what a problem of an entry quotes', () => {
  const message = 'mail is "Carol Stone (sick until May)", which is no mail address, and is not used: correct it'
  const line = { event: 'sync.problem', origin: 'OU=Sales/EMEA staff Bob Hill', message }
  expect(JSON.parse(redact(JSON.stringify(line)))).toEqual({
    event: 'sync.problem',
    origin: expect.stringMatching(/^person-\w{10}$/),
    message: 'mail is [left out: name], which is no mail address, and is not used: correct it',
  })
  const named = redact(JSON.stringify(line), new Redaction(new KnownSecrets(), undefined))
  expect(JSON.parse(named)).toEqual(line)
})

describe('a subject of NATS', () => {
  const pseudonyms = new Pseudonyms()
  pseudonyms.add('alice')
  const [alice, john] = [pseudonyms.of('alice'), pseudonyms.of('john.doe')]
  const redaction = new Redaction(new KnownSecrets(), pseudonyms)

  it.each([
    ['parley.status.im,example,com.alice', `parley.status.im,example,com.${alice}`],
    ['im.parley.status.im,example,com.john,doe', `im.parley.status.im,example,com.${john}`],
    ['parley.status.im,example,com.j%6Fhn,doe', `parley.status.im,example,com.${john}`],
    ['parley.status.alice', `parley.status.${alice}`],
    ['parley.status.im,example,com.%2Fgroups%2Fcycling', 'parley.status.im,example,com.%2Fgroups%2Fcycling'],
    ['parley.status.im,example,com.%2Frooms%2Falice', `parley.status.im,example,com./rooms/${alice}`],
    ['parley.beat.hq-1', 'parley.beat.hq-1'],
    ['parley.status.>', 'parley.status.>'],
  ])('names nobody: %s', (subject, rest) => {
    expect(JSON.parse(redact(JSON.stringify({ event: 'nats.malformed', subject }), redaction))).toEqual({
      event: 'nats.malformed',
      subject: rest,
    })
  })

  it('names nobody in a sentence either, whether or not the name is known', () => {
    const detail = 'Permissions Violation for Subscription to "parley.status.im,example,com.carol", and more.'
    expect(redact(JSON.stringify({ event: 'nats.problem', detail }))).toMatch(
      /to \\"parley\.status\.im,example,com\.person-\w{10}\\", and more\./,
    )
  })
})

it('leaves out fields that our log does not have, and what they are called', () => {
  expect(redact('{"event":"request","body":"see you at six","level":30,"see you":7}')).toBe(
    '{"event":"request","field-1":"[left out: unknown field]","level":30,"field-2":"[left out: unknown field]"}',
  )
  expect(redact('{"event":"request.failed","err":{"type":"Error","see you":"at six","at":6}}')).toBe(
    '{"event":"request.failed","err":{"type":"Error","field-1":"[left out: unknown field]","field-2":"[left out: unknown field]"}}',
  )
})

it.each(['constructor', 'toString', '__proto__'])('knows no field %s, which every object has', (name) => {
  expect(redact(`{"event":"request","${name}":"see you at six"}`)).toBe(
    '{"event":"request","field-1":"[left out: unknown field]"}',
  )
})

it('keeps the stack of an error, without what is in its message', () => {
  const err = {
    type: 'Error',
    message: 'cannot read <text>see you</text>',
    stack: 'Error: x\n    at f (file:///a.ts:1:2)',
    body: 'see',
  }
  const redacted = redact(JSON.stringify({ event: 'request.failed', err }))
  expect(redacted).toContain('at f (file:///a.ts:1:2)')
  expect(redacted).not.toContain('see')
})

it('reads lines that a container runtime has put a time before', () => {
  expect(redact('2026-01-02T03:04:05Z stderr F {"event":"home.taken","home":"hq-1","epoch":7}')).toBe(
    '{"event":"home.taken","home":"hq-1","epoch":7}',
  )
})

it.each(['see you at six', '{"body":"see you at six"}', 'GET / HTTP/1.1', '{"event":"request","body":"see y'])(
  'leaves out %j, which is no line of ours',
  (line) => {
    expect(redact(line)).toBe(`[left out: unknown line] (${line.length} characters)`)
  },
)

it.each(['    at run (file:///opt/parley/packages/domain/src/queue.ts:7:3)', 'parley: unexpected failure', ''])(
  'keeps %j',
  (line) => {
    expect(redact(line)).toBe(line)
  },
)
