import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { header } from '@parley/protocol'

/** Where something listens. */
export interface ListeningPlace {
  readonly address: string
  readonly port: number
  readonly tls: boolean
}

const askMs = 3_000

/** Whether an RVP server answers there: it says so in every answer, also in one that refuses (client-facts §5, 11). */
export async function isRvpServer({ address, port, tls }: ListeningPlace): Promise<boolean> {
  const request = tls ? requestTls : requestPlain
  return await new Promise<boolean>((resolve) => {
    const asked = request({
      host: address === '::' ? '::1' : address === '0.0.0.0' ? '127.0.0.1' : address,
      port,
      method: 'PROPFIND',
      path: '/instmsg/aliases/doctor',
      headers: { [header.depth]: '0', [header.contentLength]: '0', Connection: 'close' },
      signal: AbortSignal.timeout(askMs),
      // Whose certificate it is matters elsewhere; no secret is sent.
      ...(tls && { rejectUnauthorized: false }),
    })
    asked.on('response', (response) => {
      response.destroy()
      resolve(response.headers[header.notificationsVersion.toLowerCase()] !== undefined)
    })
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
