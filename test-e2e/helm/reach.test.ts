import { beforeAll, describe, expect, it } from 'vitest'
import { exampleValues, mergeValues, render, type Values } from './chart.ts'
import type { Manifest } from './manifest.ts'
import { allows, type Endpoint, podOf } from './network-policies.ts'

const client = { address: '10.20.30.40' }
const internet = { address: '198.51.100.7' }
const metadataService = { address: '169.254.169.254' }
const dns = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } }
const prometheus = { namespace: 'monitoring', labels: {} }
const stranger = { namespace: 'im', labels: { app: 'stranger' } }
const elsewhere = { namespace: 'elsewhere', labels: {} }

/** From, to and port; the names are those below, or components of the release. */
type Connection = readonly [from: string, to: string, port: number, protocol?: 'TCP' | 'UDP']

const others: Readonly<Record<string, Endpoint>> = {
  client,
  internet,
  'metadata service': metadataService,
  dns,
  Prometheus: prometheus,
  'another pod of the namespace': stranger,
  'a pod elsewhere': elsewhere,
  'the Ingress': { namespace: 'ingress-nginx', labels: {} },
  'a partner': { address: '203.0.113.9' },
  'Redis outside': { address: '10.1.2.3' },
  'NATS outside': { address: '10.1.3.3' },
  'the directory': { address: '10.1.4.3' },
  'a pod address': { address: '10.244.3.4' },
  'a home elsewhere': { address: '10.1.0.77' },
}

function reachable(values: Values, connections: readonly Connection[], expected: boolean): void {
  let manifests: Manifest[]
  beforeAll(async () => {
    manifests = await render(values)
  })
  const end = (name: string): Endpoint => others[name] ?? podOf(manifests, name)
  for (const [from, to, port, protocol = 'TCP'] of connections)
    it(`${from} to ${to}, ${protocol} ${port}`, () => {
      expect(allows(manifests, end(from), end(to), { port, protocol })).toBe(expected)
    })
}

describe('with everything in one release, the network policies', () => {
  const values = exampleValues('trial.yaml')

  describe('let through', () => {
    reachable(
      values,
      [
        ['client', 'router', 8080],
        ['router', 'home', 8180],
        ['home', 'home', 8180],
        ['home', 'nats', 4222],
        ['home', 'redis', 6379],
        ['router', 'redis', 6379],
        ['sync', 'redis', 6379],
        ['migrate', 'redis', 6379],
        ['home', 'client', 49_152],
        ['router', 'dns', 53, 'UDP'],
        ['home', 'dns', 53],
        ['Prometheus', 'router', 9464],
        ['Prometheus', 'home', 9464],
        ['Prometheus', 'sync', 9464],
        ['sync', 'router', 9464],
        ['sync', 'home', 9464],
      ],
      true,
    )
  })

  describe('refuse', () => {
    reachable(
      values,
      [
        ['internet', 'router', 8080],
        ['client', 'router', 8180],
        ['client', 'router', 9464],
        ['client', 'home', 8180],
        ['client', 'home', 9464],
        ['client', 'redis', 6379],
        ['client', 'nats', 4222],
        ['Prometheus', 'router', 8080],
        ['sync', 'router', 8080],
        ['router', 'home', 9464],
        ['home', 'router', 9464],
        ['migrate', 'router', 9464],
        ['Prometheus', 'home', 8180],
        ['Prometheus', 'redis', 6379],
        ['another pod of the namespace', 'redis', 6379],
        ['another pod of the namespace', 'nats', 4222],
        ['another pod of the namespace', 'home', 8180],
        ['another pod of the namespace', 'router', 8080],
        ['a pod elsewhere', 'home', 8180],
        ['router', 'nats', 4222],
        ['router', 'client', 49_152],
        ['router', 'internet', 443],
        ['home', 'internet', 443],
        ['home', 'metadata service', 80],
        ['router', 'metadata service', 80],
        ['home', 'a pod elsewhere', 80],
        ['sync', 'internet', 443],
        ['sync', 'client', 80],
        ['migrate', 'nats', 4222],
        ['migrate', 'home', 8180],
        ['redis', 'router', 8080],
        ['redis', 'internet', 443],
        ['redis', 'dns', 53],
        ['nats', 'home', 8180],
        ['nats', 'internet', 443],
        ['nats', 'client', 80],
      ],
      false,
    )
  })
})

describe('with stores and the directory outside, the network policies', () => {
  const values = exampleValues('production.yaml')

  describe('let through', () => {
    reachable(
      values,
      [
        ['client', 'router', 8443],
        ['home', 'Redis outside', 26_379],
        ['home', 'NATS outside', 4222],
        ['sync', 'the directory', 636],
        ['router', 'the directory', 636],
        ['test', 'client', 443],
      ],
      true,
    )
  })

  describe('refuse', () => {
    reachable(
      values,
      [
        ['home', 'a pod address', 49_152],
        ['a pod address', 'router', 8080],
        ['router', 'Redis outside', 22],
        ['router', 'NATS outside', 4222],
        ['sync', 'the directory', 389],
        ['migrate', 'the directory', 636],
        ['client', 'home', 8180],
      ],
      false,
    )
  })
})

describe('with federation, the network policies', () => {
  const values = exampleValues('federation.yaml')

  describe('let through', () => {
    reachable(
      values,
      [
        ['a partner', 'router', 8643],
        ['router', 'a partner', 8643],
        ['home', 'router', 8180],
      ],
      true,
    )
  })

  describe('refuse', () => {
    reachable(
      values,
      [
        ['internet', 'router', 8643],
        ['a partner', 'router', 8080],
        ['a partner', 'home', 8180],
        ['router', 'internet', 8643],
        ['home', 'a partner', 8643],
        ['client', 'router', 8180],
      ],
      false,
    )
  })
})

describe('with an Ingress only, the network policies', () => {
  const values = exampleValues('ingress.yaml')

  describe('let through', () => {
    reachable(values, [['the Ingress', 'router', 8080]], true)
  })

  describe('refuse', () => {
    reachable(
      values,
      [
        ['the Ingress', 'router', 9464],
        ['the Ingress', 'home', 8180],
        ['client', 'router', 8080],
      ],
      false,
    )
  })
})

describe('without a Service or an Ingress, the network policies', () => {
  describe('refuse', () => {
    const none = { ingress: { enabled: false }, networkPolicy: { web: { from: [] } } }
    reachable(
      mergeValues(exampleValues('ingress.yaml'), none),
      [
        ['client', 'router', 8080],
        ['internet', 'router', 8080],
        ['a pod elsewhere', 'router', 8080],
      ],
      false,
    )
  })
})

describe('in a branch, the network policies', () => {
  const values = exampleValues('branch.yaml')

  describe('let through', () => {
    reachable(
      values,
      [
        ['nats', 'NATS outside', 7422],
        ['router', 'a home elsewhere', 8180],
        ['a home elsewhere', 'home', 8180],
      ],
      true,
    )
  })

  describe('refuse', () => {
    reachable(
      values,
      [
        ['home', 'NATS outside', 7422],
        ['nats', 'internet', 7422],
        ['nats', 'Redis outside', 6379],
        ['a home elsewhere', 'router', 8080],
        ['a home elsewhere', 'nats', 4222],
      ],
      false,
    )
  })
})
