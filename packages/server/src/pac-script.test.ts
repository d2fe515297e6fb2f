import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { type PacPlan, pacScript } from './pac-script.ts'

/** What a client's FindProxyForURL says; the functions are those that browsers give to the script. */
function proxyFor(plan: PacPlan, host: string): unknown {
  const browser = {
    dnsDomainIs: (name: string, domain: string) => name.endsWith(domain),
    shExpMatch: () => {
      throw new Error('not used')
    },
  }
  const url = JSON.stringify(`http://${host}/`)
  return runInNewContext(`${pacScript(plan)}FindProxyForURL(${url}, ${JSON.stringify(host)})`, browser)
}

const plan: PacPlan = {
  domains: [{ name: 'im.example.com', aliases: ['im-gw.example.com'] }],
  direct: ['.home.example.com'],
  proxies: ['proxy.example.com:3128', 'proxy-2.example.com:3128'],
}

describe('the proxy auto-configuration', () => {
  it.each(['im.example.com', 'IM.Example.COM', 'im-gw.example.com', 'hq-1.home.example.com'])(
    'lets %s be reached without a proxy',
    (host) => {
      expect(proxyFor(plan, host)).toBe('DIRECT')
    },
  )

  it.each(['example.com', 'www.example.com', 'im.example.com.evil.example', 'notim.example.com', 'home.example.com'])(
    'sends %s through the proxies in their order',
    (host) => {
      expect(proxyFor(plan, host)).toBe('PROXY proxy.example.com:3128; PROXY proxy-2.example.com:3128')
    },
  )

  it('lets everything be reached without a proxy when there is none', () => {
    expect(proxyFor({ ...plan, proxies: [] }, 'www.example.com')).toBe('DIRECT')
  })

  it('lets no value end the text that it stands in', () => {
    const hostile = '"];}\n</script>\u2028alert(1)//'
    expect(pacScript({ ...plan, direct: [hostile] })).not.toMatch(/[^\n\x20-\x7e]|<\//)
    expect(proxyFor({ ...plan, direct: [hostile] }, 'im.example.com')).toBe('DIRECT')
  })
})
