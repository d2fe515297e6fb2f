import { describe, expect, it } from 'vitest'
import { authenticatorOf, checkTlsMaterial, NatsConfigError, natsConfig } from './config.ts'

const servers = ['nats://nats1.example.com:4222']

describe('configuration of NATS', () => {
  it('needs nothing but servers', () => {
    const config = natsConfig.parse({ servers: [...servers, 'tls://[fe80::1]:4222', 'nats://10.0.0.1'] })
    expect(config).toMatchObject({ name: 'parley', prefix: 'parley' })
    expect(authenticatorOf(config)).toBeUndefined()
  })

  it.each([
    ['servers', { servers: [] }],
    ['servers', { servers: ['http://nats1:4222'] }],
    ['servers', { servers: ['nats://nats1:70000'] }],
    ['servers', { servers: ['nats://nats1:4222/path'] }],
    ['user and password', { servers, user: 'home' }],
    ['user and password', { servers, password: 'secret' }],
    ['one of', { servers, token: 'secret', nkey: 'secret' }],
    ['cert and key', { servers, tls: { cert: 'secret' } }],
    ['prefix', { servers, prefix: 'a.*' }],
    ['prefix', { servers, prefix: '$JS' }],
    ['prefix', { servers, prefix: 'a..b' }],
    ['jetstream', { servers, jetstream: true }],
  ])('says that %s is wrong in %j', (what, config) => {
    const { error } = natsConfig.safeParse(config)
    expect(JSON.stringify(error?.issues)).toContain(what)
  })

  it('keeps secrets out of what it says', () => {
    const { error } = natsConfig.safeParse({
      servers: ['nats://home:s3cret@nats1:4222'],
      user: 'home',
      password: 's3cret',
      nkey: 's3cret',
    })
    expect(error?.message).toMatch(/without a user or password/)
    expect(error?.message).not.toContain('s3cret')
    const nkey = () => authenticatorOf(natsConfig.parse({ servers, nkey: 'SUs3cret' }))
    expect(nkey).toThrow(NatsConfigError)
    expect(nkey).not.toThrow(/s3cret/)
  })

  it('refuses credentials and TLS material that cannot be read', () => {
    expect(() => authenticatorOf(natsConfig.parse({ servers, creds: 'no credentials file' }))).toThrow(NatsConfigError)
    expect(() => checkTlsMaterial({ cert: 'no PEM', key: 'no PEM' })).toThrow(NatsConfigError)
    expect(() => checkTlsMaterial({ ca: 'no PEM' })).toThrow(NatsConfigError)
  })
})
