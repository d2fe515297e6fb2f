import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { clusterConfig } from './cluster-config.ts'
import { assignableHomes, syncSettings } from './sync-settings.ts'

function configOf(sync: unknown, directory?: unknown) {
  return clusterConfig.parse({
    domains: [{ name: 'im.example.com' }],
    redis: { url: 'redis://127.0.0.1' },
    nats: { servers: ['nats://127.0.0.1'] },
    cluster: { keys: [{ id: 'k1', file: 'cluster.key' }] },
    sync,
    ...(directory === undefined ? {} : { directory }),
  })
}

const ldap = { preset: 'openldap', servers: ['ldaps://ldap.example.com'], base: 'dc=example,dc=com', fullReadHours: 2 }

describe('the settings of parley sync', () => {
  it('are in milliseconds, and name the homes of sites', () => {
    const sync = {
      renameDays: 1,
      assignment: { rules: [{ site: 'hq', unit: 'ou=hq' }], sites: { hq: { homes: ['hq-1'], capacity: 5 } } },
    }
    expect(syncSettings(configOf(sync, ldap))).toEqual({
      renameMs: 86_400_000,
      fullReadMs: 7_200_000,
      rules: {
        rules: [{ site: 'hq', unit: 'ou=hq' }],
        sites: { hq: { homes: [parseHomeName('hq-1')], capacity: 5 } },
      },
    })
  })

  it('are refused with every mistake', () => {
    const assignment = {
      rules: [{ site: 'oslo' }, { site: 'hq', attribute: 'office' }, { site: 'constructor' }],
      sites: { hq: { homes: ['No Home'] } },
    }
    expect(() => syncSettings(configOf({ assignment }))).toThrow(
      [
        '"sync.assignment.rules[0]" names the site oslo, which is not in "sites"',
        '"sync.assignment.rules[1]" needs both "attribute" and "value", or none of them',
        '"sync.assignment.rules[2]" names the site constructor, which is not in "sites"',
        '"sync.assignment.sites.hq" names "No Home", which cannot be the name of a home',
      ].join('\n'),
    )
  })
})

describe('the homes that users may be given', () => {
  const held = { homes: async () => [parseHomeName('hq-1')] }

  it('are those that were ever held, unless some are named', async () => {
    expect(await assignableHomes(configOf({}), held)).toEqual(['hq-1'])
    expect(await assignableHomes(configOf({ homes: ['oslo-1'] }), held)).toEqual(['oslo-1'])
  })
})
