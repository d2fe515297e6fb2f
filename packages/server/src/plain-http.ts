import { inRanges, parseAddressRange } from '@parley/domain'
import type { SharedConfig } from './config-sections.ts'
import { parseEndpoint } from './endpoint.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'

const loopback = ['127.0.0.0/8', '::1'].flatMap((text) => parseAddressRange(text) ?? [])
const inside = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', '169.254.0.0/16', 'fe80::/10'].flatMap(
  (text) => parseAddressRange(text) ?? [],
)

/**
 * Plain HTTP is fine on loopback, tolerated with a warning on an inside address, where the classic clients need it, and needs
 * an explicit word anywhere else. Throws ConfigError.
 */
export function assertPlainHttpAllowed(at: string, config: SharedConfig, logger: Logger): void {
  const { address } = parseEndpoint(at)
  if (address === 'localhost' || inRanges(address, loopback)) return
  if (config.insecurePlainHttp || inRanges(address, inside)) {
    logger.warn({
      event: 'listen.plain',
      at,
      message: 'messages travel in the clear on this address; TLS is for clients that can',
    })
    return
  }
  throw new ConfigError(
    `plain HTTP on ${at} would show messages to whoever can listen on that network.\n` +
      'Give --tls-cert and --tls-key, listen on a loopback or private address, or say --insecure-plain-http.',
  )
}
