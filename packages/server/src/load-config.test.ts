import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseEndpoint } from './endpoint.ts'
import { ConfigError, loadServeConfig, type ServeFlags } from './load-config.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-config-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** Writes a configuration file. */
function file(text: string): string {
  const path = join(directory, 'parley.yaml')
  writeFileSync(path, text)
  return path
}

const flags: ServeFlags = { domain: ['im.example.com'], data: '/data', users: '/users.yaml' }

function mistakesOf(given: ServeFlags): string {
  try {
    loadServeConfig(given)
  } catch (err) {
    if (err instanceof ConfigError) return err.message
    throw err
  }
  return ''
}

describe('the configuration', () => {
  it('needs a domain, a store and users, and has a default for all else', () => {
    const config = loadServeConfig(flags)
    expect(config.domains).toEqual([{ name: 'im.example.com', aliases: [] }])
    expect(config.listen).toEqual([{ at: '127.0.0.1:8080' }])
    expect(config.auth).toEqual({ digest: true, ntlm: true, basic: true, insecureNtlmv1: false })
    expect(config.callBacks).toMatchObject({ networks: [], names: false, insecureLoopback: false })
    expect(config.insecurePlainHttp).toBe(false)
  })

  it('grants leases of a day, so that no client renews all the time [R21]', () => {
    expect(loadServeConfig(flags).limits.maxSubscriptionSeconds).toBe(86_400)
  })

  it('lets nobody make nodes where the search for people is', () => {
    const config = file('create: [{under: /.parley/groups/, by: everybody}]')
    expect(mistakesOf({ ...flags, config })).toContain('must not be below /.parley/')
  })

  it('names every mistake at once', () => {
    const mistakes = mistakesOf({
      config: file(
        [
          'domains: [{name: "im.example.com:80"}]',
          'listen: [{at: "nowhere"}, {at: "127.0.0.1:99999"}]',
          'callBacks: {networks: ["10.0.0.0/99"]}',
          'create: [{under: /groups, by: ["../x"]}]',
          'limits: {connections: 0}',
          'colour: red',
        ].join('\n'),
      ),
    })
    for (const word of [
      'must be a host name',
      'must be ADDRESS:PORT',
      'must not be above 65535',
      'must be a network',
      'must start and end with a slash',
      'limits.connections',
      'colour',
      'data',
      'users',
    ]) {
      expect(mistakes).toContain(word)
    }
  })

  it('is read from a file, over which flags win, those that say no included', () => {
    const config = file(
      [
        'domains: [{name: im.file.example, aliases: [chat.file.example]}]',
        'data: /file/data',
        'users: /file/users.yaml',
        'log: {level: warn}',
        'auth: {basic: false, insecureNtlmv1: true}',
        'insecurePlainHttp: true',
      ].join('\n'),
    )
    expect(loadServeConfig({ config })).toMatchObject({ data: '/file/data', insecurePlainHttp: true })
    const joined = loadServeConfig({
      config,
      data: '/flag/data',
      logLevel: 'error',
      insecureNtlmv1: false,
      insecurePlainHttp: false,
      insecureLoopbackCallbacks: true,
    })
    expect(joined).toMatchObject({
      domains: [{ name: 'im.file.example', aliases: ['chat.file.example'] }],
      data: '/flag/data',
      users: '/file/users.yaml',
      log: { level: 'error' },
      auth: { basic: false, insecureNtlmv1: false },
      insecurePlainHttp: false,
      callBacks: { insecureLoopback: true },
    })
  })

  it('refuses flags that would do nothing', () => {
    expect(mistakesOf({ ...flags, domain: undefined, alias: ['x.example'] })).toContain('--alias belongs to --domain')
    expect(mistakesOf({ ...flags, tlsCert: 'a.pem', tlsKey: 'a.key' })).toContain('belong to --listen')
    expect(mistakesOf({ ...flags, listen: ['127.0.0.1:1'], tlsCert: 'a.pem' })).toContain('tls.key')
  })

  it('says which file cannot be read, or is no YAML', () => {
    expect(mistakesOf({ config: join(directory, 'missing.yaml') })).toContain('missing.yaml')
    expect(mistakesOf({ config: file('a: [') })).toContain('is not YAML')
  })
})

describe('an endpoint', () => {
  it.each([
    ['127.0.0.1:8080', { address: '127.0.0.1', port: 8080 }],
    ['[::1]:80', { address: '::1', port: 80 }],
    ['*:0', { address: '::', port: 0 }],
    ['im.example.com:443', { address: 'im.example.com', port: 443 }],
  ])('is read from %s', (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint)
  })
})
