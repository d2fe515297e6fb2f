import { isSelected, type NetworkPolicy } from './manifests.ts'

/** A pod as policies see it. */
export interface PodOnNetwork {
  readonly labels: Readonly<Record<string, string>>
  readonly address: string
  /** Numbers of named ports. */
  readonly ports: ReadonlyMap<string, number>
}

type Direction = (typeof directions)[number]
type Ingress = NetworkPolicy['spec']['ingress'][0]
type Egress = NetworkPolicy['spec']['egress'][0]
type Peer = NonNullable<Ingress['from']>[0]
type Port = NonNullable<Ingress['ports']>[0]

/** One thing that is let through. */
interface Allowed {
  /** The other side: everybody when absent. */
  readonly cidr?: string
  /** Who of them is not meant after all. */
  readonly except: readonly string[]
  /** Undefined is every port. */
  readonly port: string | undefined
}

/** Somebody on the other side: a pod, or a block of addresses. */
interface Other extends Pick<Allowed, 'cidr' | 'except'> {
  readonly pod?: PodOnNetwork
}

const directions = [
  { type: 'Ingress', chain: 'INPUT', loopback: '-i lo', peerIs: '-s' },
  { type: 'Egress', chain: 'OUTPUT', loopback: '-o lo', peerIs: '-d' },
] as const

/**
 * The packet filter of `pod` that does what all policies say, for `iptables-restore --noflush`: as a network plug-in has it, in the pod's own network, where
 * the pod itself has no right to change it. `node` is the address of the node's kubelet, whose probes always come through.
 */
export function filterRules(
  pod: PodOnNetwork,
  { pods, policies, node }: { pods: readonly PodOnNetwork[]; policies: readonly NetworkPolicy[]; node: string },
): string {
  const own = policies.filter(({ spec }) => isSelected(spec.podSelector, pod.labels))
  const chains = [':FORWARD DROP [0:0]']
  const rules: string[] = []
  for (const direction of directions) {
    const { type, chain, loopback } = direction
    const isolating = own.filter(({ spec }) => spec.policyTypes.includes(type))
    chains.push(`:${chain} ${isolating.length > 0 ? 'DROP' : 'ACCEPT'} [0:0]`)
    // Docker's own DNS answers there, in place of the cluster's.
    rules.push(`-A ${chain} ${loopback} -j ACCEPT`)
    rules.push(`-A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT`)
    if (type === 'Ingress') rules.push(`-A ${chain} -s ${node}/32 -j ACCEPT`)
    const allowed = isolating.flatMap((policy) => allowedBy(policy, type, pod, pods))
    for (const [index, one] of allowed.entries()) rules.push(...rulesOf(one, direction, `${type}-${index}`, chains))
    // At once, so that nobody need wait to know what is forbidden.
    if (isolating.length > 0) rules.push(`-A ${chain} -p tcp -j REJECT --reject-with tcp-reset`)
  }
  return ['*filter', '-F', '-X', ...chains, ...rules, 'COMMIT', ''].join('\n')
}

function allowedBy(
  { spec }: NetworkPolicy,
  type: Direction['type'],
  pod: PodOnNetwork,
  pods: readonly PodOnNetwork[],
): Allowed[] {
  if (type === 'Ingress') return spec.ingress.flatMap((rule) => allowedByRule(rule.from, rule, () => pod, pods))
  // A port has its name at the pod that is connected to.
  return spec.egress.flatMap((rule) => allowedByRule(rule.to, rule, (peer) => peer, pods))
}

function allowedByRule(
  peers: readonly Peer[] | undefined,
  { ports }: Ingress | Egress,
  namesOf: (peer: PodOnNetwork | undefined) => PodOnNetwork | undefined,
  pods: readonly PodOnNetwork[],
): Allowed[] {
  const others: Other[] = peers === undefined ? [{ except: [] }] : peers.flatMap((peer) => othersOf(peer, pods))
  return others.flatMap(({ pod, ...other }): Allowed[] => {
    if (ports === undefined) return [{ ...other, port: undefined }]
    return ports.flatMap((port) => {
      const match = portMatch(port, namesOf(pod))
      return match === undefined ? [] : [{ ...other, port: match }]
    })
  })
}

function othersOf(peer: Peer, pods: readonly PodOnNetwork[]): Other[] {
  if ('ipBlock' in peer) return [peer.ipBlock]
  // Nobody is in another namespace here.
  if ('namespaceSelector' in peer) return []
  return pods
    .filter(({ labels }) => isSelected(peer.podSelector, labels))
    .map((pod) => ({ cidr: `${pod.address}/32`, except: [], pod }))
}

/** Undefined for a name that the pod has no port of. */
function portMatch({ protocol, port, endPort }: Port, pod: PodOnNetwork | undefined): string | undefined {
  const kind = `-p ${protocol.toLowerCase()}`
  if (port === undefined) return kind
  const number = typeof port === 'number' ? port : pod?.ports.get(port)
  if (number === undefined) return undefined
  return `${kind} --dport ${endPort === undefined ? number : `${number}:${endPort}`}`
}

/** `chains` gets one more where somebody is excepted, who another rule may still let through. */
function rulesOf(
  { cidr, except, port }: Allowed,
  { chain, peerIs }: Direction,
  name: string,
  chains: string[],
): string[] {
  const match = [cidr === undefined ? '' : `${peerIs} ${cidr}`, port ?? ''].filter(Boolean).join(' ')
  if (except.length === 0) return [`-A ${chain} ${match} -j ACCEPT`]
  chains.push(`:${name} - [0:0]`)
  return [
    ...except.map((block) => `-A ${name} ${peerIs} ${block} -j RETURN`),
    `-A ${name} -j ACCEPT`,
    `-A ${chain} ${match} -j ${name}`,
  ]
}
