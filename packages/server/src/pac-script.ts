/** What a proxy auto-configuration is made from. */
export interface PacPlan {
  readonly domains: readonly { readonly name: string; readonly aliases: readonly string[] }[]
  /** More hosts to reach directly; with a dot at the beginning, all below a name. */
  readonly direct: readonly string[]
  /** HOST:PORT for everything else, tried in this order; empty for none. */
  readonly proxies: readonly string[]
}

/** The media type of proxy auto-configurations. */
export const pacType = 'application/x-ns-proxy-autoconfig'

/** The paths under which clients look for one: WPAD, and what people type. */
export const pacPaths = ['/wpad.dat', '/proxy.pac'] as const

/** The proxy auto-configuration that keeps IM traffic off the web proxy. NOTE: in ES3, which the clients of 2000 run. */
export function pacScript({ domains, direct, proxies }: PacPlan): string {
  const all = [...new Set([...domains.flatMap(({ name, aliases }) => [name, ...aliases]), ...direct])]
  const hosts = all.filter((name) => !name.startsWith('.'))
  const suffixes = all.filter((name) => name.startsWith('.'))
  const rest = proxies.length === 0 ? 'DIRECT' : proxies.map((proxy) => `PROXY ${proxy}`).join('; ')
  return `// Keeps instant messaging off the web proxy. Made by "parley pac".
function FindProxyForURL(url, host) {
  var hosts = ${literal(hosts)};
  var suffixes = ${literal(suffixes)};
  var name = host.toLowerCase();
  var i;
  for (i = 0; i < hosts.length; i++) if (name == hosts[i]) return "DIRECT";
  for (i = 0; i < suffixes.length; i++) if (dnsDomainIs(name, suffixes[i])) return "DIRECT";
  return ${literal(rest)};
}
`
}

/** A value as a script of any age and encoding reads it. */
function literal(value: unknown): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]|[<>&]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
