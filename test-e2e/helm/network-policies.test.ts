import { describe, expect, it } from 'vitest'
import type { Manifest } from './manifest.ts'
import { allows, type Endpoint, unguardedPods } from './network-policies.ts'

const policy = (spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'p', namespace: 'im' },
  spec,
})
const pod = (role: string, namespace = 'im'): Endpoint => ({
  namespace,
  labels: { role },
  ports: new Map([['web', 80]]),
})
const only = (role: string) => ({ matchLabels: { role } })
const at = (port: number, protocol: 'TCP' | 'UDP' = 'TCP') => ({ port, protocol })

describe('NetworkPolicies, as Kubernetes defines them', () => {
  it('leave open what no policy chooses', () => {
    expect(allows([], pod('a'), pod('b'), at(1))).toBe(true)
    expect(allows([policy({ podSelector: only('c') })], pod('a'), pod('b'), at(1))).toBe(true)
    expect(allows([policy({ podSelector: only('b') })], pod('a'), pod('b', 'elsewhere'), at(1))).toBe(true)
  })

  it('close what they choose, in the directions that they name', () => {
    const inward = policy({ podSelector: only('b') })
    expect(allows([inward], pod('a'), pod('b'), at(1))).toBe(false)
    expect(allows([inward], pod('b'), pod('a'), at(1))).toBe(true)
    const outward = policy({ podSelector: {}, policyTypes: ['Egress'] })
    expect(allows([outward], pod('b'), { address: '192.0.2.1' }, at(1))).toBe(false)
    expect(allows([outward], { address: '192.0.2.1' }, pod('b'), at(1))).toBe(true)
  })

  it('let through what any one of them lists, if both ends agree', () => {
    const toB = policy({
      podSelector: only('a'),
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: only('b') }] }],
    })
    const fromA = policy({ podSelector: only('b'), ingress: [{ from: [{ podSelector: only('a') }], ports: [at(80)] }] })
    const deny = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    expect(allows([toB, fromA, deny], pod('a'), pod('b'), at(80))).toBe(true)
    expect(allows([toB, fromA, deny], pod('a'), pod('b'), at(81))).toBe(false)
    expect(allows([fromA, deny], pod('a'), pod('b'), at(80))).toBe(false)
    expect(allows([toB, deny], pod('a'), pod('b'), at(80))).toBe(false)
  })

  it('take a rule without peers, or with a null, for one about everybody', () => {
    for (const from of [undefined, null, []])
      expect(allows([policy({ podSelector: {}, ingress: [{ from }] })], { address: '8.8.8.8' }, pod('b'), at(1))).toBe(
        true,
      )
  })

  it('choose pods of other namespaces by the namespace, and by both if both are there', () => {
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'web' } }
    const byNamespace = policy({ podSelector: {}, ingress: [{ from: [{ namespaceSelector }] }] })
    expect(allows([byNamespace], pod('a', 'web'), pod('b'), at(1))).toBe(true)
    expect(allows([byNamespace], pod('a'), pod('b'), at(1))).toBe(false)
    const byBoth = policy({ podSelector: {}, ingress: [{ from: [{ namespaceSelector, podSelector: only('proxy') }] }] })
    expect(allows([byBoth], pod('proxy', 'web'), pod('b'), at(1))).toBe(true)
    expect(allows([byBoth], pod('a', 'web'), pod('b'), at(1))).toBe(false)
  })

  it('know networks and their exceptions', () => {
    const ipBlock = { cidr: '10.0.0.0/8', except: ['10.244.0.0/16'] }
    const manifests = [policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock }] }] })]
    expect(allows(manifests, pod('a'), { address: '10.1.2.3' }, at(1))).toBe(true)
    expect(allows(manifests, pod('a'), { address: '10.244.2.3' }, at(1))).toBe(false)
    expect(allows(manifests, pod('a'), { address: 'fd00::1' }, at(1))).toBe(false)
  })

  it('know ports by number, by name and as ranges, and protocols', () => {
    const manifests = [
      policy({
        podSelector: {},
        ingress: [{ ports: [{ port: 'web' }, { port: 1000, endPort: 2000, protocol: 'UDP' }] }],
      }),
    ]
    const reaches = (port: number, protocol?: 'TCP' | 'UDP') =>
      allows(manifests, pod('a'), pod('b'), at(port, protocol))
    expect([reaches(80), reaches(81), reaches(1500, 'UDP'), reaches(1500), reaches(2001, 'UDP')]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ])
  })
})

it('finds pods that no policy limits', () => {
  const metadata = { name: 'a', namespace: 'im', labels: { role: 'a' } }
  const manifests: Manifest[] = [
    { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{}] } },
    policy({ podSelector: only('a'), policyTypes: ['Ingress'] }),
  ]
  expect(unguardedPods(manifests, 'im')).toEqual(['Pod a: no NetworkPolicy limits its Egress'])
})
