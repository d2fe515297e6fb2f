import { describe, expect, it } from 'vitest'
import { manifestsOf, readManifests } from './manifests.ts'
import { filterRules, type PodOnNetwork } from './policy-rules.ts'

const pod = (role: string, address: string, ports: [string, number][] = []): PodOnNetwork => ({
  labels: { role },
  address,
  ports: new Map(ports),
})
const [router, home, other] = [
  pod('router', '10.0.0.1', [['http', 8080]]),
  pod('home', '10.0.0.2'),
  pod('x', '10.0.0.3'),
]
const pods = [router, home, other]

/** The rules of `subject` under one policy whose `spec` is YAML in flow style. */
function rulesOf(subject: PodOnNetwork, spec: string): string[] {
  const text = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: p }, spec: ${spec} }`
  const policies = manifestsOf(readManifests(text), 'NetworkPolicy')
  return filterRules(subject, { pods, policies, node: '10.0.0.254' }).split('\n')
}

const toHomes =
  '{ podSelector: { matchLabels: { role: router } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { role: home } } }], ports: [{ port: 8180 }] }] }'

describe('packet filters of network policies', () => {
  it('let everything through where no policy selects a pod', () => {
    const rules = rulesOf(other, toHomes)
    expect(rules).toContain(':INPUT ACCEPT [0:0]')
    expect(rules).toContain(':OUTPUT ACCEPT [0:0]')
  })

  it('let out to the pods and ports of a rule only, and in as ever', () => {
    const rules = rulesOf(router, toHomes)
    expect(rules).toContain(':OUTPUT DROP [0:0]')
    expect(rules).toContain(':INPUT ACCEPT [0:0]')
    expect(rules.filter((rule) => rule.includes('--dport'))).toEqual([
      '-A OUTPUT -d 10.0.0.2/32 -p tcp --dport 8180 -j ACCEPT',
    ])
    expect(rules).toContain('-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset')
  })

  it('let nothing in but probes where a policy has no rule', () => {
    const rules = rulesOf(home, '{ podSelector: {}, policyTypes: [Ingress, Egress] }')
    expect(
      rules.filter((rule) => rule.endsWith('ACCEPT') && !rule.includes('conntrack') && !rule.includes(' lo ')),
    ).toEqual(['-A INPUT -s 10.0.0.254/32 -j ACCEPT'])
  })

  it('take a port by its name at the pod that is connected to', () => {
    const spec =
      '{ podSelector: { matchLabels: { role: router } }, policyTypes: [Ingress], ingress: [{ ports: [{ port: http }] }] }'
    expect(rulesOf(router, spec)).toContain('-A INPUT -p tcp --dport 8080 -j ACCEPT')
  })

  it('leave out what is excepted of a block, which another rule may allow', () => {
    const block = '{ ipBlock: { cidr: 10.0.0.0/8, except: [10.9.0.0/16] } }'
    const rules = rulesOf(router, `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [${block}] }] }`)
    expect(rules).toEqual(
      expect.arrayContaining([
        ':Egress-0 - [0:0]',
        '-A Egress-0 -d 10.9.0.0/16 -j RETURN',
        '-A Egress-0 -j ACCEPT',
        '-A OUTPUT -d 10.0.0.0/8 -j Egress-0',
      ]),
    )
  })

  it('take pods of other namespaces for nobody', () => {
    const to = '{ namespaceSelector: { matchLabels: { name: monitoring } } }'
    const rules = rulesOf(router, `{ podSelector: {}, policyTypes: [Ingress], ingress: [{ from: [${to}] }] }`)
    expect(rules.filter((rule) => rule.includes('-s '))).toEqual(['-A INPUT -s 10.0.0.254/32 -j ACCEPT'])
  })
})
