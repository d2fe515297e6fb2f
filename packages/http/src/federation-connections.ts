import { once } from 'node:events'
import { type ConnectionOptions, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { Clock } from '@parley/domain'
import type { buildConnector } from 'undici'
import { type FederatedDomain, provesDomain } from './federation-policy.ts'
import type { DomainServers, ServerAddress } from './federation-servers.ts'
import { dnsNamesOf } from './peer-certificate.ts'

/** What we show to servers that ask who we are; in PEM. */
export interface FederationCertificate {
  readonly cert: string
  readonly key: string
}

const triedServers = 4

/**
 * Opens connections to the servers of one IM domain, in the order in which the DNS names them. A server must prove that it speaks
 * for the domain: what the DNS calls it proves nothing, since the DNS is not trusted. `eachMs` bounds one attempt.
 */
export function domainConnector(
  domain: FederatedDomain,
  given: {
    readonly servers: Pick<DomainServers, 'locate'>
    readonly certificate: FederationCertificate | undefined
    readonly clock: Clock
    readonly eachMs: number
  },
): buildConnector.connector {
  const { servers, certificate, clock, eachMs } = given
  const options: ConnectionOptions = {
    servername: domain.domain,
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    checkServerIdentity: (_, shown) => identityError(shown, domain),
    ...(domain.authorities && { ca: domain.authorities.pem }),
    ...certificate,
  }
  const open = async (): Promise<TLSSocket> => {
    let failure: unknown
    for (const server of (await servers.locate(domain)).slice(0, triedServers)) {
      try {
        return await openTls(server, options, clock, eachMs)
      } catch (err) {
        failure = err
      }
    }
    throw failure
  }
  return (_, callback) => {
    open().then(
      (socket) => callback(null, socket),
      (err: Error) => callback(err, null),
    )
  }
}

async function openTls(
  { address, port }: ServerAddress,
  options: ConnectionOptions,
  clock: Clock,
  limitMs: number,
): Promise<TLSSocket> {
  const socket = connect({ ...options, host: address, port })
  // Whoever waits hears of the first one; a broken connection may have more to say.
  socket.on('error', () => {})
  const stop = clock.after(limitMs, () => socket.destroy(new Error(`${address} port ${port} does not answer`)))
  try {
    await once(socket, 'secureConnect')
  } catch (err) {
    socket.destroy()
    throw err
  } finally {
    stop()
  }
  socket.setNoDelay(true)
  return socket
}

function identityError({ subjectaltname }: PeerCertificate, domain: FederatedDomain): Error | undefined {
  if (provesDomain(dnsNamesOf(subjectaltname ?? ''), domain)) return undefined
  return new Error(`the server that was found shows no certificate for ${domain.domain}`)
}
