import { BlockList, isIPv6 } from 'node:net'
import {
  type LabelSelector,
  type Labels,
  type Manifest,
  type PodSpec,
  selects,
  titleOf,
  workloads,
} from './manifest.ts'
import type { Finding } from './pod-rules.ts'

/** One end of a connection: a pod, or an address that no pod has. */
export type Endpoint = PodEndpoint | AddressEndpoint

export interface PodEndpoint {
  readonly namespace: string
  readonly labels: Labels
  /** Ports by their names. */
  readonly ports?: ReadonlyMap<string, number>
}

export interface AddressEndpoint {
  readonly address: string
}

interface PolicyPort {
  readonly protocol?: string
  readonly port?: number | string
  readonly endPort?: number
}

interface Peer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

interface Rule {
  readonly ports?: readonly PolicyPort[]
  readonly from?: readonly Peer[]
  readonly to?: readonly Peer[]
}

interface Policy {
  readonly podSelector: LabelSelector
  readonly policyTypes?: readonly string[]
  readonly ingress?: readonly Rule[]
  readonly egress?: readonly Rule[]
}

/** What a connection goes to. */
export interface Target {
  readonly port: number
  readonly protocol?: 'TCP' | 'UDP'
}

/**
 * Whether NetworkPolicies let a connection through, as Kubernetes defines it: what no policy chooses is open; what one or more choose is
 * open to what any of them lists; both ends must agree. Namespaces have their name as their only label.
 */
export function allows(manifests: readonly Manifest[], from: Endpoint, to: Endpoint, target: Target): boolean {
  const { protocol = 'TCP', port } = target
  const named = 'labels' in to ? to.ports : undefined
  const opens =
    (other: Endpoint, side: 'from' | 'to', namespace: string) =>
    (rule: Rule): boolean =>
      matchesPort(rule.ports, port, protocol, named) && matchesPeer(rule[side], other, namespace)
  const lets = (self: Endpoint, other: Endpoint, direction: 'Ingress' | 'Egress'): boolean => {
    if (!('labels' in self)) return true
    const policies = policiesOf(manifests, self, direction)
    const [rules, side] = direction === 'Ingress' ? (['ingress', 'from'] as const) : (['egress', 'to'] as const)
    return policies.length === 0 || policies.some((policy) => policy[rules]?.some(opens(other, side, self.namespace)))
  }
  return lets(from, to, 'Egress') && lets(to, from, 'Ingress')
}

/** Pods that some direction is open for, since no policy chooses them. */
export function unguardedPods(manifests: readonly Manifest[], namespace: string): Finding[] {
  return workloads(manifests).flatMap(({ manifest, labels }) =>
    (['Ingress', 'Egress'] as const)
      .filter((direction) => policiesOf(manifests, { namespace, labels }, direction).length === 0)
      .map((direction) => `${titleOf(manifest)}: no NetworkPolicy limits its ${direction}`),
  )
}

/** The pod that a workload of the release makes: the first with this label of a component. */
export function podOf(manifests: readonly Manifest[], component: string): PodEndpoint {
  const workload = workloads(manifests).find(({ labels }) => labels['app.kubernetes.io/component'] === component)
  if (!workload) throw new Error(`the release has no ${component}`)
  const { namespace = 'default' } = workload.manifest.metadata
  return { namespace, labels: workload.labels, ports: namedPorts(workload.pod) }
}

function namedPorts({ containers }: PodSpec): Map<string, number> {
  return new Map(
    containers.flatMap(({ ports = [] }) => ports.map(({ name = '', containerPort }) => [name, containerPort] as const)),
  )
}

function policiesOf(manifests: readonly Manifest[], pod: PodEndpoint, direction: 'Ingress' | 'Egress'): Policy[] {
  return manifests
    .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && (metadata.namespace ?? pod.namespace) === pod.namespace)
    .map(({ spec }) => spec as unknown as Policy)
    .filter(({ podSelector, policyTypes, egress }) => {
      const types = policyTypes ?? (egress ? ['Ingress', 'Egress'] : ['Ingress'])
      return types.includes(direction) && selects(podSelector, pod.labels)
    })
}

// No list, and an empty one, mean every port.
function matchesPort(
  ports: readonly PolicyPort[] | null | undefined,
  port: number,
  protocol: string,
  named: ReadonlyMap<string, number> | undefined,
): boolean {
  if (!ports || ports.length === 0) return true
  return ports.some((each) => {
    if ((each.protocol ?? 'TCP') !== protocol) return false
    if (each.port === undefined) return true
    const first = typeof each.port === 'string' ? named?.get(each.port) : each.port
    return first !== undefined && port >= first && port <= (each.endPort ?? first)
  })
}

// No list, an empty one, and the null that a template may leave behind, mean everybody.
function matchesPeer(peers: readonly Peer[] | null | undefined, other: Endpoint, namespace: string): boolean {
  if (!peers || peers.length === 0) return true
  return peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
    if (!('labels' in other)) return ipBlock !== undefined && contains(ipBlock, other.address)
    if (ipBlock) return false
    const inNamespace = namespaceSelector
      ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': other.namespace })
      : other.namespace === namespace
    return inNamespace && (podSelector === undefined || selects(podSelector, other.labels))
  })
}

function contains({ cidr, except = [] }: { cidr: string; except?: readonly string[] }, address: string): boolean {
  return isWithin(cidr, address) && !except.some((part) => isWithin(part, address))
}

function isWithin(cidr: string, address: string): boolean {
  const [network = '', bits] = cidr.split('/')
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (isIPv6(network) !== (family === 'ipv6')) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), family)
  return list.check(address, family)
}
