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
