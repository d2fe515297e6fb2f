import { lookup } from 'node:dns/promises'
import { type CallBackPolicyOptions, type DomainLimits, defaultDomainLimits } from '@parley/domain'
import type { CreateRule } from '@parley/home'
import { userUrl } from '@parley/protocol'
import type { SharedConfig } from './config-sections.ts'

/** What the configuration says about how a home behaves. */
export function homeSettings(config: SharedConfig): {
  limits: DomainLimits
  callBackPolicy: CallBackPolicyOptions
  createRules: readonly CreateRule[]
} {
  return {
    limits: { ...defaultDomainLimits, ...domainLimits(config) },
    callBackPolicy: {
      networks: config.callBacks.networks,
      insecureLoopback: config.callBacks.insecureLoopback,
      ...(config.callBacks.names && { lookup: resolveName }),
    },
    createRules: createRules(config),
  }
}

function domainLimits({ limits }: SharedConfig): Partial<DomainLimits> {
  const { maxSubscriptionSeconds, maxViewSeconds, maxDevicesPerUser, maxWatchesPerWatcher, deadDeviceGraceSeconds } =
    limits
  return {
    maxSubscriptionSeconds,
    maxViewSeconds,
    maxDevicesPerUser,
    maxWatchesPerWatcher,
    deadDeviceGraceMs: deadDeviceGraceSeconds * 1000,
  }
}

function createRules(config: SharedConfig): readonly CreateRule[] {
  return config.create.map(({ under, kind, by }) => ({
    under,
    kind,
    by: by === 'everybody' ? by : by.flatMap((alias) => config.domains.map(({ name }) => userUrl(name, alias))),
  }))
}

async function resolveName(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}
