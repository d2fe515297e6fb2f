import { expect, it } from 'vitest'
import { clusterConfig } from '../cluster-config.ts'
import { redactConfig } from './config-file.ts'
import { KnownSecrets } from './known-secrets.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { Redaction } from './redaction.ts'

const schema: unknown = clusterConfig.toJSONSchema({ io: 'input' })
const redact = (config: unknown) => redactConfig(config, schema, new Redaction(new KnownSecrets(), new Pseudonyms()))

it('keeps settings and paths', () => {
  const config = {
    domains: [{ name: 'im.example.com', aliases: ['im'] }],
    redis: { url: 'redis://redis:6379', passwordFile: '/run/secrets/parley/redis/password', replicas: 1 },
    cluster: { keys: [{ id: 'k1', file: '/run/secrets/parley/keys/k1' }] },
    sync: { assignment: { sites: { hq: { homes: ['hq-1'], capacity: 100 } } } },
    search: { within: 'unit' },
  }
  expect(redact(config)).toEqual(config)
})

it.each([
  ['redis://:hunter22@redis:6379', 'redis:6379'],
  ['nats://s3cr3ttok@nats:4222', 'nats:4222'],
  ['nats://u:p/w0rd@host', 'host'],
  ['nats://to/ken77@host', 'host'],
  ['nats://u:p w@0rd@host', 'host'],
  ['https://:geheim77@host', 'host'],
  ['http://u:p@ss@h', 'h'],
])('keeps of %j only the server', (url, server) => {
  const [scheme] = url.split('://')
  expect(redact({ nats: { servers: [url] } })).toEqual({
    nats: { servers: [`${scheme}://[left out: pattern]@${server}`] },
  })
  expect(JSON.stringify(redact({ create: [{ by: [url] }] }))).not.toMatch(/hunter|tok|ken77|w0rd|geheim|ss@/)
})

it('keeps of a server without a scheme only the server, too', () => {
  expect(redact({ nats: { servers: ['u:p@ss@nats:4222', 'nats-2:4222'] } })).toEqual({
    nats: { servers: ['[left out: pattern]@nats:4222', 'nats-2:4222'] },
  })
})

it('leaves out what cannot be the name of a file where one with a secret belongs', () => {
  // NOTE: in YAML, {Pa55w0rd} is a mapping.
  expect(
    redact({
      redis: { passwordFile: 12345678, sentinelPasswordFile: { Pa55w0rd: null } },
      nats: { tokenFile: ['to'] },
    }),
  ).toEqual({
    redis: { passwordFile: '[left out: secret]', sentinelPasswordFile: '[left out: secret]' },
    nats: { tokenFile: '[left out: secret]' },
  })
})

it('leaves out what has no place there, and who people are', () => {
  const config = {
    redis: { url: 'redis://parley:hunter2@redis:6379', password: 'hunter2' },
    directory: { bind: { dn: 'CN=Eve Hill,OU=Services,DC=example,DC=com' } },
    create: [
      { under: '/groups/', by: ['alice'] },
      { under: '/rooms/', by: 'everybody' },
    ],
    surprise: { deep: ['hunter2'] },
  }
  const redacted = JSON.stringify(redact(config))
  expect(redacted).not.toMatch(/hunter2|Eve Hill|alice/)
  expect(redacted).toContain('"by":"everybody"')
  expect(redacted).toContain('"surprise":"[left out: setting]"')
})

it('knows no settings that every object has', () => {
  const config = JSON.parse('{"constructor":"hunter33","__proto__":"hunter33","redis":{"toString":{"x":"hunter33"}}}')
  expect(JSON.stringify(redact(config))).not.toContain('hunter33')
})
