import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestCertificate, type RunningSlapd, type SlapdOptions, startRedis, startSlapd } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly what: string
  readonly todo?: string
}

const users = ['alice', 'bob', 'carol', 'dave'].map((account) => ({ account }))

/** What `parley doctor` finds out about a directory; `change` is made to its configuration, `wrongFile` has another password. */
async function examine(
  options: SlapdOptions,
  change: (slapd: RunningSlapd, wrongFile: string) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<readonly string[]> {
  await using folder = await temporaryFolder('doctor')
  await using slapd = await startSlapd({ users, ...options })
  await using redis = await startRedis()
  const file = async (name: string, content: string) => {
    const path = join(folder.path, name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const key = await file('cluster.key', 'secret'.repeat(8))
  const config = {
    domains: [{ name: 'im.example.com' }],
    redis: { url: redis.url },
    nats: { servers: ['nats://127.0.0.1:1'] },
    cluster: { keys: [{ id: 'k1', file: key }] },
    directory: {
      preset: 'openldap',
      servers: [slapd.tlsUrl],
      tls: { ca: await file('ca.pem', slapd.ca) },
      bind: { dn: slapd.service.dn, passwordFile: await file('password', slapd.service.password) },
      base: `ou=people,${slapd.base}`,
      ...change(slapd, await file('wrong', 'another password')),
    },
  }
  const path = await file('cluster.yaml', JSON.stringify(config))
  const { stdout } = await parley(['doctor', '--json', '--config', path])
  // There is no NATS, nor any home.
  return (JSON.parse(stdout.join('\n')) as Finding[])
    .filter(({ what, todo }) => !/NATS|nats:/.test(what) && !todo?.startsWith('parley home'))
    .map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))
}

/** Those that are not well. */
function toMend(findings: readonly string[]): string[] {
  return findings.filter((finding) => !finding.startsWith('ok'))
}

const notReadYet = expect.stringContaining('warn | parley sync has not read the directory yet')

describe('parley doctor for a directory', { timeout: 120_000 }, () => {
  it('counts, and shows three users as they would be', async () => {
    const findings = await examine({})
    expect(toMend(findings)).toEqual([notReadYet])
    expect(findings).toContainEqual(
      expect.stringMatching(/^ok \| ldaps:.* answers, encrypted, and lets our account in$/),
    )
    expect(findings).toContain('ok | 4 entries fit the filter')
    const examples = findings.filter((finding) => finding.startsWith('ok | for instance'))
    expect(examples).toHaveLength(3)
    expect(examples[0]).toContain('Alice Example, alice@im.example.com: may sign in as alice@example.com, alice')
  })

  it('names the setting for a wrong password, a wrong base and a wrong filter', async () => {
    const dn = 'cn=parley,ou=services,dc=example,dc=com'
    const wrong = await examine({}, (_, passwordFile) => ({ bind: { dn, passwordFile } }))
    expect(toMend(wrong)).toEqual([
      expect.stringMatching(
        new RegExp(`^fail \\| .*sign-in as ${dn}.* \\| correct directory.bind.dn or directory.bind.passwordFile`),
      ),
      notReadYet,
    ])
    const elsewhere = await examine({}, () => ({ base: 'ou=nobody,dc=example,dc=com' }))
    expect(toMend(elsewhere)[0]).toMatch(/^fail \| .*there is no such entry.* \| correct directory.base/)
    const open = await examine({}, () => ({ filter: '(uid=*' }))
    expect(toMend(open)[0]).toMatch(/^fail \| .*lacks a "\)".* \| correct directory.filter/)
    const nobody = await examine({}, () => ({ filter: '(uid=eve)' }))
    expect(toMend(nobody)[0]).toMatch(/^fail \| .*has nobody who may use IM \| correct directory.filter or/)
  })

  it('says whose certificate expired, and which one is not trusted', async () => {
    const expired = await examine({ certificate: createTestCertificate({ expired: true }) })
    expect(toMend(expired)[0]).toMatch(
      /^fail \| ldaps:.*: its certificate has expired \| renew it on the directory server$/,
    )
    const stranger = await examine({}, () => ({ tls: undefined }))
    expect(toMend(stranger)[0]).toMatch(/^fail \| .*is not trusted.* \| correct directory.tls.ca/)
  })

  it('warns of clear text and of what has no index, and wants an account where nobody in particular may read', async () => {
    const clear = await examine({}, ({ url }) => ({ servers: [url], startTls: false, insecureClearText: true }))
    expect(toMend(clear)).toEqual([
      expect.stringMatching(/^warn \| .* in clear text.* \| directory.servers: ldaps:/),
      notReadYet,
    ])
    const anonymous = await examine({}, () => ({ bind: undefined }))
    expect(toMend(anonymous)[0]).toMatch(/^fail \| .* \| .*make an account, directory.bind.dn/)
    const unindexed = await examine({}, () => ({ filter: '(|(employeeType=clerk)(uid=*))' }))
    expect(toMend(unindexed)[0]).toMatch(
      /^warn \| the directory is searched by employeeType, which has no index.* \| .*olcDbIndex: employeeType eq/,
    )
  })

  it('names both entries that claim one alias, and the one with an alias that cannot be', async () => {
    const more = [...users, { account: 'alice', unit: 'oslo' }, { account: 'not an alias' }]
    const findings = await examine({ users: more })
    expect(toMend(findings)).toEqual([
      expect.stringContaining(
        'uid=alice,ou=people,dc=example,dc=com and uid=alice,ou=oslo,ou=people,dc=example,dc=com',
      ),
      expect.stringContaining('uid=not an alias,ou=people,dc=example,dc=com: the alias "not an alias"'),
      notReadYet,
    ])
  })

  it('warns of a second server that does not answer, and of deletions that are told of late', async () => {
    const findings = await examine({ overlays: [] }, ({ tlsUrl }) => ({
      servers: [tlsUrl, 'ldaps://127.0.0.1:1'],
    }))
    expect(toMend(findings)).toEqual([
      expect.stringMatching(/^warn \| deletions are noticed only once in 24 h.* \| load the overlay syncprov/),
      expect.stringMatching(
        /^warn \| ldaps:\/\/127.0.0.1:1: it does not answer.* \| .*take it out of directory.servers/,
      ),
      notReadYet,
    ])
  })
})
