import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadDomains } from './load-domains.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-domains-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(text: string): string {
  const path = join(directory, 'parley.yaml')
  writeFileSync(path, text)
  return path
}

describe('the IM domains of a configuration', () => {
  it('are read from one of either kind, whatever else is in it', () => {
    const config = file('domains: [{name: IM.example.com}]\nredis: {url: none}\npac: {proxies: [proxy:3128]}')
    expect(loadDomains({ config })).toEqual({
      domains: [{ name: 'im.example.com', aliases: [] }],
      pac: { proxies: ['proxy:3128'], direct: [] },
    })
  })

  it('are those of the command line if it names some', () => {
    const config = file('domains: [{name: im.example.com}]')
    const { domains } = loadDomains({ config, domain: ['im.other.example'], alias: ['gw.other.example'] })
    expect(domains).toEqual([{ name: 'im.other.example', aliases: ['gw.other.example'] }])
  })

  it.each([
    [{}, 'say --config FILE, or --domain'],
    [{ alias: ['gw.example.com'], config: 'parley.yaml' }, '--alias belongs to --domain'],
    [{ domain: ['im.example.com:80'] }, 'must be a host name'],
  ])('must be there and right: %o', (flags, mistake) => {
    expect(() => loadDomains(flags)).toThrow(mistake)
  })

  it.each(['proxy', 'proxy:99999', 'http://proxy:3128', '"; DIRECT:1'])('refuses the proxy %s', (proxy) => {
    const config = file(`domains: [{name: im.example.com}]\npac: {proxies: [${JSON.stringify(proxy)}]}`)
    expect(() => loadDomains({ config })).toThrow('must be HOST:PORT')
  })
})
