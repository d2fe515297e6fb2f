import { execFile } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '@parley/domain'
import { createNameService, DomainServers, defaultFederationLimits, type FederatedDomain } from '@parley/http'
import { describe, expect, it } from 'vitest'
import { NameServer } from './federation/name-server.ts'
import { parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

const run = promisify(execFile)

const words = [
  ...['dns', 'zone', '--domain', 'im.test.example', '--alias', 'im2.test.example', '--alias', 'chat.test.example'],
  ...['--router', 'im.test.example=127.0.0.11,::1@10:50', '--router', 'im2.test.example=127.0.0.12@20:0'],
  ...['--mail-domain', 'test.example', '--port', '8443'],
]

describe('parley dns zone', { timeout: 60_000 }, () => {
  it('prints what BIND reads as it is meant', async () => {
    await using folder = await temporaryFolder('zone')
    const { stdout } = await parley(words)
    const zone = join(folder.path, 'zone')
    const head = [
      '$TTL 300',
      '@ IN SOA ns.test.example. root.test.example. 1 3600 600 86400 300',
      '@ IN NS ns',
      'ns IN A 127.0.0.1',
    ]
    await writeFile(zone, [...head, ...stdout, ''].join('\n'))
    const checked = await run('named-checkzone', [
      '-i',
      'full',
      '-k',
      'fail',
      '-S',
      'fail',
      '-D',
      '-q',
      '-o',
      '-',
      'test.example',
      zone,
    ])
    const canonical = checked.stdout.split('\n').map((line) => line.split(/\s+/).join(' '))
    expect(canonical).toEqual(expect.arrayContaining([...stdout]))
    expect(stdout).toContain('chat.test.example. 300 IN CNAME im.test.example.')
  })

  it('prints what our own federation finds the servers by, in their order', async () => {
    const { stdout } = await parley([...words, '--format', 'dnsmasq'])
    await using names = await NameServer.startWith(stdout, 'im.test.example')
    const domain: FederatedDomain = {
      domain: 'im.test.example',
      inbound: false,
      outbound: true,
      serverNames: [],
      limits: defaultFederationLimits,
      allowPrivate: true,
    }
    const servers = new DomainServers({ names: createNameService([names.at]), clock: systemClock, random: () => 0 })
    expect(await servers.locate(domain)).toEqual([
      { address: '127.0.0.11', port: 8443 },
      { address: '::1', port: 8443 },
      { address: '127.0.0.12', port: 8443 },
    ])
    const resolver = new Resolver({ timeout: 2_000, tries: 1 })
    resolver.setServers([names.at])
    const [first] = await resolver.resolveSrv('_rvp._tcp.test.example')
    expect(first).toMatchObject({ name: expect.stringMatching(/^im2?\.test\.example$/), port: 8443 })
    expect(await resolver.resolveCname('chat.test.example')).toEqual(['im.test.example'])
  })
})
