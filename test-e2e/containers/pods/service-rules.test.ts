import { describe, expect, it } from 'vitest'
import { manifestsOf, readManifests } from './manifests.ts'
import { serviceRules } from './service-rules.ts'

const text =
  '{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { role: router }, ports: [{ port: 80, targetPort: http }] } }'
const services = manifestsOf(readManifests(text), 'Service').map((service) => ({ service, address: '10.1.0.1' }))
const pod = (role: string, address: string) => ({ labels: { role }, address, ports: new Map([['http', 8080]]) })

describe('translations of Services', () => {
  it('share connections among the pods that are ready, and lead to the port that is named', () => {
    const rules = serviceRules(services, [
      pod('router', '10.0.0.1'),
      pod('router', '10.0.0.2'),
      pod('home', '10.0.0.3'),
    ])
    expect(rules.match(/--probability \S+ -j DNAT --to-destination \S+/g)).toEqual([
      '--probability 0.500000 -j DNAT --to-destination 10.0.0.1:8080',
      '--probability 1.000000 -j DNAT --to-destination 10.0.0.2:8080',
    ])
  })

  it('lead nowhere without one', () => {
    expect(serviceRules(services, [])).not.toContain('DNAT')
  })
})
