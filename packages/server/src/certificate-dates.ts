import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Until when a certificate of ours is valid. */
export interface CertificateDate {
  /** The setting in which it is named, e.g. `listen[0].tls`. */
  readonly setting: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Every certificate that a configuration names beside its key, as it is in its file now; what cannot be read is left out. */
export function certificateDates(config: unknown, setting = ''): readonly CertificateDate[] {
  if (Array.isArray(config)) return config.flatMap((one, at) => certificateDates(one, `${setting}[${at}]`))
  if (typeof config !== 'object' || config === null) return []
  const below = Object.entries(config).flatMap(([name, value]) =>
    certificateDates(value, setting === '' ? name : `${setting}.${name}`),
  )
  const file = 'cert' in config && 'key' in config && typeof config.cert === 'string' ? config.cert : undefined
  const expiresAt = file === undefined ? undefined : expiryOf(file)
  return expiresAt === undefined ? below : [{ setting, expiresAt }, ...below]
}

/** Whoever uses the certificate complains of one that cannot be read. */
function expiryOf(file: string): number | undefined {
  try {
    return new X509Certificate(readFileSync(file)).validToDate.getTime()
  } catch {
    return undefined
  }
}
