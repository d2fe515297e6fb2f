import { z } from 'zod'

/** Values that belong together: each may be left out, and no other may be there. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape).partial()
}

/** Name of an object of Kubernetes; or empty. */
export const objectName = z
  .string()
  .regex(/^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)?$/)
  .meta({ examples: ['another'] })

/** Name of a Secret; or empty. */
export const secretName = objectName

/** An entry of a Secret; or empty. */
export const entry = z
  .string()
  .regex(/^[A-Za-z0-9._-]{0,253}$/)
  .meta({ examples: ['another.entry'] })

/** Labels or annotations. */
export const labels = z.record(z.string(), z.string()).meta({ examples: [{ 'example.com/another': 'value' }] })

/** A DNS name, a wildcard or none. */
export const domainName = z
  .string()
  .regex(/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/)
  .meta({ examples: ['another.example.net'] })

/** A length of time as Go writes it. */
export const duration = z
  .string()
  .regex(/^([0-9]+(h|m|s|ms))+$/)
  .meta({ examples: ['1234h'] })

/** A network. */
export const cidr = z
  .string()
  .regex(/^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/)
  .meta({ examples: ['192.0.2.0/24'] })

/** A TCP port. */
export const port = z.int().min(1).max(65_535)

/** An amount of memory or disk. */
export const memory = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/)
  .meta({ examples: ['1234Mi'] })

const amounts = z.record(z.string(), z.union([z.number(), z.string()]))

/** What a container asks for, and may use. */
export const resources = section({ requests: amounts, limits: amounts }).meta({
  examples: [{ requests: { cpu: '1234m', memory: '1234Mi' }, limits: { cpu: '2345m', memory: '2345Mi' } }],
})

/** Whom a NetworkPolicy lets through. */
export const peer = section({
  podSelector: z.record(z.string(), z.unknown()),
  namespaceSelector: z.record(z.string(), z.unknown()),
  ipBlock: section({ cidr, except: z.array(cidr) }),
})

/** Where a certificate comes from; empty: from nowhere. */
export const issuerRef = section({
  name: objectName,
  kind: z.string().meta({ examples: ['ClusterIssuer'] }),
  group: z.string().meta({ examples: ['example.com'] }),
}).meta({ examples: [{ name: 'another', kind: 'ClusterIssuer' }] })
