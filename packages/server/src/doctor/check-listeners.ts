import { once } from 'node:events'
import { createServer } from 'node:net'
import { isLoopback } from '@parley/domain'
import type { SharedConfig } from '../config-sections.ts'
import { parseEndpoint } from '../endpoint.ts'
import { ConfigError } from '../load-config.ts'
import { createLogger } from '../logger.ts'
import { assertPlainHttpAllowed } from '../plain-http.ts'
import { isRvpServer } from './ask-listener.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

/** Each address to listen on: free, or a Parley is there already; and whether classic clients find one of them. */
export async function checkListeners(config: SharedConfig): Promise<readonly Finding[]> {
  const places = [
    ...config.listen.map(({ at, tls }, index) => ({ at, tls: tls !== undefined, setting: `listen[${index}].at` })),
    ...(config.admin === undefined ? [] : [{ at: config.admin, tls: false, setting: 'admin' }]),
  ]
  const bound = await Promise.all(places.map((place) => checkPlace(place)))
  return [...bound, ...checkPlainHttp(config), ...checkReach(config)]
}

async function checkPlace({ at, tls, setting }: { at: string; tls: boolean; setting: string }): Promise<Finding> {
  const { address, port } = parseEndpoint(at)
  if (port > 65_535) return fail(`${at} has no possible port`, `mend ${setting}`)
  if (port === 0) return warn(`${at} takes a port that nobody knows beforehand`, `give ${setting} a port`)
  try {
    const server = createServer().listen({ host: address, port, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return ok(`${at} is free`)
  } catch (error) {
    return await explain(error, { at, tls, setting })
  }
}

async function explain(
  error: unknown,
  { at, tls, setting }: { at: string; tls: boolean; setting: string },
): Promise<Finding> {
  const { address, port } = parseEndpoint(at)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      if (setting === 'admin') return warn(`${at} is taken`, `fine if by this server; else change ${setting}`)
      if (await isRvpServer({ address, port, tls })) return ok(`${at} is in use by an RVP server already`)
      return fail(
        `${at} is taken by another program`,
        `find it with: ss -ltnp 'sport = :${port}'; or change ${setting}`,
      )
    case 'EACCES':
      return fail(
        `${at} needs a right that this user lacks: ports below 1024 are privileged`,
        'in the systemd unit: AmbientCapabilities=CAP_NET_BIND_SERVICE; in a container: --cap-add NET_BIND_SERVICE',
      )
    case 'EADDRNOTAVAIL':
      return fail(`${at} is no address of this machine`, `change ${setting}; *:${port} stands for all addresses`)
    default:
      return fail(`${at} cannot be listened on: ${reasonOf(error)}`, `change ${setting}`)
  }
}

function checkPlainHttp(config: SharedConfig): Finding[] {
  const silent = createLogger('silent')
  return config.listen.flatMap(({ at, tls }, index) => {
    try {
      if (!tls) assertPlainHttpAllowed(at, config, silent)
      return []
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return [fail(reasonOf(error), `give listen[${index}].tls, or set insecurePlainHttp: true`)]
    }
  })
}

function checkReach({ listen }: SharedConfig): Finding[] {
  const findings: Finding[] = []
  const endpoints = listen.map(({ at, tls }) => ({ ...parseEndpoint(at), tls }))
  if (endpoints.every(({ address }) => address === 'localhost' || isLoopback(address))) {
    findings.push(warn('only programs on this machine can connect', 'listen on an address of the office network'))
  } else if (!endpoints.some(({ port, tls }) => port === 80 && !tls)) {
    // Miranda and Net::RVP know no other port; librvp heeds that of an SRV record (client-facts §5, 46).
    const what = 'nothing listens on port 80 without TLS, the only port of the classic clients'
    findings.push(warn(what, "add { at: 'ADDRESS:80' } to listen, or forward port 80 to a listener"))
  }
  return findings
}
