import { isAuthority } from '@parley/protocol'
import { z } from 'zod'

/** A web proxy: HOST:PORT. */
export const proxyAddress = z
  .string()
  .refine((text) => isAuthority(text) && /[^:]:[0-9]+$/.test(text), 'must be HOST:PORT, e.g. proxy.example.com:3128')
  .transform((text) => text.toLowerCase())

/** A host, or with a dot at the beginning all below a name. */
export const directName = z
  .string()
  .refine(
    (text) => isAuthority(text.replace(/^\./, '')) && !text.includes(':'),
    'must be a host name, or .example.com for all below it',
  )
  .transform((text) => text.toLowerCase())

/** What browsers and clients of the machine's proxy settings are told (docs/clients.md). */
export const pacSection = z.strictObject({
  proxies: z
    .array(proxyAddress)
    .min(1)
    .describe('HOST:PORT of the web proxies for all other hosts, tried in this order.'),
  direct: z
    .array(directName)
    .default([])
    .describe(
      'More hosts to reach without a proxy than the IM domains and their aliases: homes that routers redirect to, or .example.com for all below it.',
    ),
})

export type PacConfig = z.output<typeof pacSection>
