import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { CertificateFiles } from './certificates.ts'
import type { PublishedServer } from './name-server.ts'

/** A request as the server of some IM domain might send it. */
export interface PeerRequest {
  readonly method: string
  readonly node: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends a request to a domain's federation endpoint, showing `certificate` if any; resolves with its status. */
export async function askAsPeer(
  to: PublishedServer,
  { ca, certificate }: { ca: string; certificate?: CertificateFiles },
  { method, node, headers = {}, body = '' }: PeerRequest,
): Promise<{ readonly status: number; readonly body: string }> {
  const { host, pathname } = new URL(node)
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  // NOTE: node:http does not know every method of RVP; NOTIFY and SUBSCRIBE it does.
  const sent = request(
    {
      host: to.address,
      port: to.port,
      servername: to.domain,
      ca: readFileSync(ca),
      ...(certificate && { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }),
      agent: false,
      method,
      path: pathname,
      headers: { Host: host, 'Content-Length': Buffer.byteLength(body), ...headers },
    },
    (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    },
  )
  sent.on('error', reject)
  sent.end(body)
  return await promise
}
