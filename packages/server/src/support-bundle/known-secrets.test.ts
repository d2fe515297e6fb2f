import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { clusterConfig } from '../cluster-config.ts'
import { serveConfig } from '../config.ts'
import { KnownSecrets, secretsOf } from './known-secrets.ts'

const secret = 'tr0ub4dor&3 "ß"/?'

it('takes a secret out however it is spelled, and counts', () => {
  const secrets = new KnownSecrets()
  secrets.add(`${secret}\n`)
  const bytes = Buffer.from(secret)
  const spelled = [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ]
  for (const text of spelled) {
    const { text: rest, count } = secrets.remove(`before ${text} after`)
    expect(rest).toMatch(/^before .*\[secret\].* after$/)
    expect(count).toBe(1)
  }
})

it('finds it in base64 wherever it stands in what was encoded', () => {
  const secrets = new KnownSecrets()
  secrets.add(secret)
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.constantFrom('base64' as const, 'base64url' as const),
      (before, after, how) => {
        const text = Buffer.from(`${before}${secret}${after}`).toString(how)
        expect(secrets.remove(text).count).toBe(1)
      },
    ),
  )
})

it('leaves short ones alone, which would be found everywhere', () => {
  const secrets = new KnownSecrets()
  secrets.add('hq')
  expect(secrets.remove('hq-1')).toEqual({ text: 'hq-1', count: 0 })
})

const folder = mkdtempSync(join(tmpdir(), 'parley-known-secrets-'))
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

it('reads every file of a configuration that holds one, and takes no name of a users file for one', () => {
  const secrets = secretsOf({
    users: put(
      'users.yaml',
      'realm: parley\nusers:\n  - name: bobina\n    verifiers: {digest: {bobina: 0123456789abcdef0123456789abcdef}}',
    ),
    redis: {
      passwordFile: put('redis', 'hunter22\n'),
      tls: { key: put('key.pem', '-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----') },
    },
    cluster: {
      keys: [
        { id: 'k1', file: put('k1', 'first-key') },
        { id: 'k2', file: join(folder, 'absent') },
      ],
    },
    tracing: { headersFile: put('headers', 'X-Tenant: one\nAuthorization: Bearer t0ken-9') },
  })
  const text = 'bobina 0123456789abcdef0123456789abcdef hunter22 MIGHAgEAMBMGByqGSM49AgEG first-key; Bearer t0ken-9'
  expect(secrets.remove(text).text).toBe('bobina [secret] [secret] [secret] [secret]; [secret]')
})

it('takes what stands where a file belongs, and is none, for the secret itself', () => {
  const secrets = secretsOf({
    cluster: { keys: [{ id: 'k1', file: 'Winter2026!' }] },
    redis: { passwordFile: 'Geheim2026!', sentinelPasswordFile: 'Som//mer2026/' },
    nats: { passwordFile: 'x/../tiny9', tokenFile: folder },
  })
  for (const secret of ['Winter2026!', 'Geheim2026!', 'Som/mer2026', 'Som//mer2026/', 'tiny9', folder])
    expect(secrets.remove(`cannot read /app/${secret}, which "x" names`).text).toMatch(
      /^cannot read \/(?:app\/)?\[secret\], which "x" names$/,
    )
})

it('takes a short one out where it is a word of its own, so that numbers and words of JSON stay what they are', () => {
  const secrets = secretsOf({
    redis: { passwordFile: 'ab"1', sentinelPasswordFile: '6379' },
    nats: { passwordFile: 'true', tokenFile: '.', nkeyFile: '' },
  })
  const text = 'cab"1 ab"1, /app/6379, "true". '
  expect(secrets.remove(text).text).toBe('cab"1 [secret], /app/[secret], "[secret]". ')
  const json = JSON.stringify({ a: 'ab"1', b: '/app/6379', c: 6379, d: true })
  expect(JSON.parse(secrets.remove(json).text)).toEqual({ a: '[secret]', b: '/app/[secret]', c: 6379, d: true })
})

it('keeps the path of a file that is not there, but its folder is', () => {
  const path = join(folder, 'absent')
  expect(secretsOf({ redis: { passwordFile: path } }).remove(path).text).toBe(path)
})

it('knows the passwords in URLs, as they stand there and as they are sent', () => {
  const secrets = secretsOf({
    nats: { servers: ['nats://u:p/w0rd77@host', 'nats://to/ken77@host', 'nats://parley@host'] },
    redis: { url: 'redis://:p%40ssw0rd@redis' },
  })
  const text = 'parley: p/w0rd77, to/ken77, p%40ssw0rd, p@ssw0rd'
  expect(secrets.remove(text).text).toBe('parley: [secret], [secret], [secret], [secret]')
})

const clusterSettings = secretSettings(clusterConfig.toJSONSchema({ io: 'input' }) as Schema)

it.each([...clusterSettings, ...secretSettings(serveConfig.toJSONSchema({ io: 'input' }) as Schema)])(
  'reads the file of %j, as the schema has it',
  (setting) => {
    // NOTE: as a users file has verifiers.
    const config = configWith(setting.split('.'), put('one', 'Zm9yIHRoaXMgdGVzdCBvbmx5'))
    expect(secretsOf(config).remove('Zm9yIHRoaXMgdGVzdCBvbmx5').text).toBe('[secret]')
  },
)

it('finds such settings in the schema', () => {
  expect(clusterSettings).toEqual(
    expect.arrayContaining(['users', 'redis.sentinelPasswordFile', 'cluster.keys.0.file', 'listen.0.tls.key']),
  )
})

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Settings that by their name or description are files with secrets; `0` in place of an index, `any` of a name that is free. */
function secretSettings(schema: Schema, setting = ''): readonly string[] {
  const { description = '', properties = {}, additionalProperties, items, anyOf = [] } = schema
  const at = (name: string): string => (setting === '' ? name : `${setting}.${name}`)
  const isSecret =
    /(?:file|key|users|secret|password|token)$/i.test(setting) ||
    /\bfile\b.*\b(?:password|token|nkey|credentials|private key|its key|secret|verifiers)\b/i.test(description)
  return [
    ...(isSecret ? [setting] : []),
    ...Object.entries(properties).flatMap(([name, below]) => secretSettings(below, at(name))),
    ...(typeof additionalProperties === 'object' ? secretSettings(additionalProperties, at('any')) : []),
    ...(items ? secretSettings(items, at('0')) : []),
    ...anyOf.flatMap((one) => secretSettings(one, setting)),
  ]
}

function configWith([name, ...below]: readonly string[], value: string): unknown {
  if (name === undefined) return value
  return name === '0' ? [configWith(below, value)] : { [name]: configWith(below, value) }
}
