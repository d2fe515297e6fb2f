/** Where a NATS server listens. */
export interface ServerAddress {
  /** As the certificate of the server must name it; an IPv6 address without its brackets. */
  readonly host: string
  readonly port: number
  /** Whether the URL insists on TLS. */
  readonly tls: boolean
  /** For people: scheme, host and port. */
  readonly url: string
}

const urlPattern = /^(nats|tls):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?\/?$/

/** Reads `nats://host:port` or `tls://host:port`, the port 4222 when absent; undefined for anything else. */
export function parseServerAddress(text: string): ServerAddress | undefined {
  const [, scheme, host, portText] = urlPattern.exec(text) ?? []
  const port = Number(portText ?? 4222)
  if (scheme === undefined || host === undefined || port < 1 || port > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port, tls: scheme === 'tls', url: `${scheme}://${host}:${port}` }
}
