import { matches, type Service } from './manifests.ts'
import type { PodOnNetwork } from './policy-rules.ts'

/** The chain of our rules. */
const chain = 'SERVICES'

/** A Service that has an address of its own. */
export interface ServiceOnNetwork {
  readonly service: Service
  readonly address: string
}

/** What puts our chain in its place, once for each pod, for `iptables-restore --noflush`. */
export const serviceChain = `*nat\n:${chain} - [0:0]\n-A OUTPUT -j ${chain}\nCOMMIT\n`

/**
 * Leads connections to Services to the pods behind them, each in turn by chance, as kube-proxy does. `ready` are the pods that are; a Service
 * without any refuses.
 */
export function serviceRules(services: readonly ServiceOnNetwork[], ready: readonly PodOnNetwork[]): string {
  const lines = services.flatMap(({ service: { spec }, address }) => {
    const behind = ready.filter(({ labels }) => matches(spec.selector, labels))
    return spec.ports.flatMap(({ port, targetPort = port }) =>
      behind.map((pod, index) => {
        const number = typeof targetPort === 'number' ? targetPort : pod.ports.get(targetPort)
        if (number === undefined) throw new Error(`no port ${targetPort} for ${address}`)
        const chance = `-m statistic --mode random --probability ${(1 / (behind.length - index)).toFixed(6)}`
        return `-A ${chain} -d ${address}/32 -p tcp --dport ${port} ${chance} -j DNAT --to-destination ${pod.address}:${number}`
      }),
    )
  })
  return ['*nat', `:${chain} - [0:0]`, ...lines, 'COMMIT', ''].join('\n')
}
