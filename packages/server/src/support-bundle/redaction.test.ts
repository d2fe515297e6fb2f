import { describe, expect, it } from 'vitest'
import { KnownSecrets } from './known-secrets.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { Redaction } from './redaction.ts'

const open = (pseudonyms: Pseudonyms | null = new Pseudonyms()) =>
  new Redaction(new KnownSecrets(), pseudonyms ?? undefined)

describe('what looks like a secret', () => {
  it.each([
    ['Authorization: Digest username="alice", response="0a1b2c"', /alice|0a1b2c/],
    ['{"authorization":"Basic YWxpY2U6c2VzYW1l"}', /YWxpY2U/],
    ['refused: Negotiate YIIFvwYGKwYBBQUCoIIFszCCBa+gJDAi', /YIIF/],
    ['Cookie: session=abc; theme=dark', /abc|dark/],
    ['password=open sesame', /password=open/],
    ['streamToken: "k2hJd83"', /k2hJd83/],
    ['redis://parley:hunter2@redis:6379', /hunter2/],
    ['redis://:hunter22@redis:6379 does not answer', /hunter22/],
    ['nats://s3cr3ttok@nats:4222', /s3cr3t/],
    ['nats://tok@en77@nats:4222', /tok|en77/],
    ['nats://u:p/w0rd@host', /w0rd/],
    ['nats://u@corp:p/w0rd@host', /w0rd/],
    ['https://:geheim77@host/path', /geheim/],
    ['cannot reach http://u:g@heim@h, try again', /heim/],
    ['-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----', /MIGH/],
    ['seed SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY', /SUACS/],
    ['HA1 5f4dcc3b5aa765d61d8327deb882cf99', /5f4d/],
    ['Parley-Identity: v1.k1.eyJhIjox', /eyJ|v1/],
    ['<?xml version="1.0"?><r:notification>see you at six</r:notification>', /six/],
    ['scrypt 32768 mB3x0Qd7yQ2hZ8kP1vT5wA==', /mB3x/],
  ])('is taken out of %j', (text, secret) => {
    const redaction = open()
    const rest = redaction.text(text)
    expect(rest).not.toMatch(secret)
    expect(rest).toContain('[left out: ')
  })

  it.each([
    'nobody holds hq-1: start "parley home --name hq-1", or move its users to another home',
    'Redis does not answer: connect ECONNREFUSED 10.1.0.31:6379',
    '    at async openHome (file:///opt/parley/packages/home/src/open-home.ts:87:3)',
    'reqId 6f2a91-17',
    'http://10.1.0.21:8080/readyz, then http://10.1.0.22:8080/readyz answered 503',
  ])('is not %j', (text) => {
    expect(open().text(text)).toBe(text)
  })
})

it('takes no more of a line than the user of its URL', () => {
  const text =
    'http://router-1:80/ answers alice@im.example.com, and nats://parley:hunter2@nats:4222 bob@im.example.com'
  expect(open(null).text(text)).toBe(text.replace('parley:hunter2', '[left out: pattern]'))
  const frame = 'file:///opt/parley/node_modules/.pnpm/zod@4.1.0/node_modules/zod/index.js:1:2'
  expect(open(null).text(frame)).toBe(frame)
})

describe('names of people', () => {
  it('have the same pseudonym wherever they stand', () => {
    const redaction = open()
    const alias = redaction.name('alice')
    expect(alias).toMatch(/^person-[0-9a-f]{10}$/)
    expect(redaction.name('http://im.example.com/instmsg/aliases/Alice')).toBe(
      `http://im.example.com/instmsg/aliases/${alias}`,
    )
    expect(redaction.text('alice@im.example.com, CORP\\alice, and alice. again')).toBe(
      `${alias}@im.example.com, CORP\\${alias}, and ${alias}. again`,
    )
    expect(redaction.name('CN=Alice Smith,OU=Oslo,DC=example,DC=com')).toMatch(
      /^CN=person-[0-9a-f]{10},OU=Oslo,DC=example,DC=com$/,
    )
  })

  it('stay the same when what has some is redacted again', () => {
    const redaction = open()
    const once = redaction.text('CN=Alice Smith,OU=Oslo of alice@im.example.com')
    expect(redaction.text(once)).toBe(once)
  })

  it('are not kept for a slash in them', () => {
    const redaction = open()
    expect(redaction.name('OU=Sales/EMEA staff Bob Hill')).toMatch(/^person-\w{10}$/)
    expect(redaction.name('carol@office in /etc/parley/users.yaml')).toMatch(/^person-\w{10}$/)
    expect(redaction.name('http://im.example.com/instmsg/groups/cycling')).toMatch(/groups\/cycling$/)
    expect(redaction.name('/groups/cycling')).toBe('/groups/cycling')
  })

  it('have others in another bundle', () => {
    expect(open().name('alice')).not.toBe(open().name('alice'))
  })

  it('stay where they are wanted', () => {
    const redaction = open(null)
    expect(redaction.keepsNames).toBe(true)
    expect(redaction.name('alice')).toBe('alice')
    expect(redaction.text('alice@im.example.com')).toBe('alice@im.example.com')
    expect(redaction.address('192.0.2.7')).toBe('192.0.2.7')
  })
})

describe('what is said of an entry of the directory', () => {
  it.each([
    [
      'mail is "Carol Stone (sick until May)", which is no mail address',
      'mail is [left out: name], which is no mail address',
    ],
    ['alias is "Carol \\"Stone\\" Hill", which is none', 'alias is [left out: name], which is none'],
    ['mail is "Carol: Stone', 'mail is [left out: name]'],
    ["best match is 'Pat O'Neil', of two", 'best match is [left out: name], of two'],
    ["the cluster's keys, and the nodes' keys", "the cluster's keys, and the nodes' keys"],
    [
      'other entries ask for it too (OU=Smile (x) Hill; OU=Carol (y)): none gets it',
      'other entries ask for it too [left out: name]: none gets it',
    ],
    ['both claim http://im.example.com/instmsg/aliases/carol; of two', 'both claim [left out: name] of two'],
    ['http://router-1:8080/readyz answers 503', 'http://router-1:8080/readyz answers 503'],
  ])('is told without what it quotes: %j', (text, rest) => {
    expect(open().quoting(text)).toBe(rest)
    expect(open(null).quoting(text)).toBe(text)
  })

  it('is told without what it quotes behind a quote in the name of the entry', () => {
    const text = 'CN=Bob \\"Bobby\\" Hill,OU=Oslo: mail is "Carol Stone", which is no mail address'
    expect(open().quoting(text)).toMatch(
      /^CN=person-\w{10},OU=Oslo: mail is \[left out: name\], which is no mail address$/,
    )
  })
})
