import { isIP } from 'node:net'
import { isAuthority } from '@parley/protocol'
import { ConfigError } from '../load-config.ts'
import type { MailDomain, RouterHost } from './expected-records.ts'

const maxOrder = 65_535

/** Reads `NAME=ADDRESS[,ADDRESS…][@PRIORITY[:WEIGHT]]`. Throws ConfigError. */
export function parseRouterHost(text: string): RouterHost {
  const [, name = '', list = '', priority = '0', weight = '0'] =
    /^([^=]+)=([^@]+)(?:@([0-9]{1,5})(?::([0-9]{1,5}))?)?$/.exec(text) ?? []
  const addresses = list.split(',')
  const order = { priority: Number(priority), weight: Number(weight) }
  const isRight =
    isHostName(name) && addresses.every((address) => isIP(address)) && Object.values(order).every((n) => n <= maxOrder)
  if (isRight) return { name: name.toLowerCase(), addresses, ...order }
  throw new ConfigError(
    `--router needs NAME=ADDRESS[,ADDRESS…][@PRIORITY[:WEIGHT]], e.g. im.example.com=192.0.2.1,2001:db8::1@10:50, not ${text}`,
  )
}

/** Reads `MAIL-DOMAIN[=IM-DOMAIN]`; the IM domain is the first of `domains` if it is left out. Throws ConfigError. */
export function parseMailDomain(text: string, domains: readonly { readonly name: string }[]): MailDomain {
  const [name = '', domain = domains[0]?.name ?? ''] = text.toLowerCase().split('=')
  if (!isHostName(name)) throw new ConfigError(`--mail-domain needs a name such as example.com, not ${text}`)
  if (domains.some((known) => known.name === domain)) return { name, domain }
  throw new ConfigError(`--mail-domain ${text}: ${domain} is none of the IM domains`)
}

function isHostName(text: string): boolean {
  return isAuthority(text) && text.includes('.') && !text.includes(':') && isIP(text) === 0
}
