import { describe, expect, it } from 'vitest'
import { type ServeConfig, type ServeConfigInput, serveConfig } from '../config.ts'
import { checkAuth } from './check-auth.ts'
import { checkCallBacks } from './check-call-backs.ts'
import { checkConfig } from './check-config.ts'
import { checkFileLimit, checkNodeVersion } from './check-process.ts'

function configOf(more: Partial<ServeConfigInput>): ServeConfig {
  return serveConfig.parse({ domains: [{ name: 'im.example.com' }], data: 'd', users: 'u', ...more })
}

describe('checkConfig', () => {
  it('has a finding for each mistake', () => {
    const { config, findings } = checkConfig({ domain: ['im/example'], data: 'd', listen: ['nowhere'] })
    expect(config).toBeUndefined()
    expect(findings.map(({ level, todo }) => `${level} ${todo}`).sort()).toEqual([
      'fail mend domains[0].name in the command line',
      'fail mend listen[0].at in the command line',
      'fail mend users in the command line',
    ])
  })

  it('says in a sentence why a file cannot be read', () => {
    const { findings } = checkConfig({ config: '/nowhere/parley.yaml' })
    expect(findings).toEqual([
      { level: 'fail', what: expect.stringContaining('ENOENT'), todo: 'mend /nowhere/parley.yaml' },
    ])
  })

  it('gives the configuration when it is well-formed', () => {
    const { config, findings } = checkConfig({ domain: ['im.example.com'], data: 'd', users: 'u' })
    expect(config?.domains[0]?.name).toBe('im.example.com')
    expect(findings.map(({ level }) => level)).toEqual(['ok'])
  })
})

describe('checkAuth', () => {
  const todoOf = (auth: ServeConfigInput['auth']) => checkAuth(configOf({ auth }))[0]?.todo

  it('explains that librvp cannot sign in where NTLM is all there is, without NTLMv1', () => {
    expect(todoOf({ digest: false })).toContain('auth.digest: true')
    expect(todoOf({ digest: false })).toContain('auth.insecureNtlmv1: true')
    expect(checkAuth(configOf({}))).toEqual([{ level: 'ok', what: 'users sign in with Digest, NTLMv2' }])
  })

  it('warns of NTLMv1, and of a server that lets nobody in', () => {
    expect(todoOf({ insecureNtlmv1: true })).toContain('auth.insecureNtlmv1: false')
    expect(todoOf({ ntlm: false, digest: false })).toContain('auth.digest: true')
    expect(checkAuth(configOf({ auth: { ntlm: false } }))).toEqual([{ level: 'ok', what: 'users sign in with Digest' }])
  })
})

describe('checkCallBacks', () => {
  const check = (networks: string[], insecureLoopback = false) =>
    checkCallBacks(configOf({ callBacks: { networks, insecureLoopback } })).map(({ level, what }) => `${level} ${what}`)

  it('flags networks that include loopback or what clouds keep secret', () => {
    expect(check(['10.0.0.0/8', '169.254.0.0/16', 'fd00::/8'])).toEqual([
      expect.stringMatching(/^warn callBacks.networks\[1\], 169.254.0.0\/16, includes link-local/),
      expect.stringMatching(/^warn callBacks.networks\[2\], fd00::\/8, includes addresses where clouds/),
    ])
    expect(check(['127.0.0.0/8'])).toEqual([expect.stringContaining('loopback')])
    expect(check([], true)).toEqual([expect.stringContaining('Call-Backs to loopback are allowed')])
  })

  it('lets ordinary networks pass', () => {
    expect(check(['10.0.0.0/8', '192.168.4.0/24', '2001:db8::/32'])).toEqual(['ok Call-Backs can only lead to clients'])
  })
})

describe('checkFileLimit', () => {
  const check = (soft: string) =>
    checkFileLimit(
      configOf({ limits: { connections: 5000 } }),
      `Limit  Soft\nMax open files   ${soft}   1048576   files\n`,
    )

  it('compares the limit with what connections may want', () => {
    expect(check('1024')).toMatchObject([{ level: 'warn', todo: expect.stringContaining('LimitNOFILE=6000') }])
    expect(check('6000')).toMatchObject([{ level: 'ok' }])
    expect(check('unlimited')).toMatchObject([{ level: 'ok' }])
    expect(checkFileLimit(configOf({}), '')).toEqual([])
  })
})

describe('checkNodeVersion', () => {
  it('wants Node 24 or newer', () => {
    expect(checkNodeVersion('20.19.4').level).toBe('fail')
    expect(checkNodeVersion('24.0.0').level).toBe('ok')
    expect(checkNodeVersion('26.10.0').level).toBe('ok')
  })
})
