import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runProgram } from './run-program.ts'

/** The environment in which programs find the ticket of who has signed on (`SambaAdministrator.ticketFor`). */
export interface KerberosTicket {
  readonly KRB5_CONFIG: string
  readonly KRB5CCNAME: string
}

/**
 * What a client with a ticket sends to `HTTP/host` as proof of it: a SPNEGO token (RFC 4559), made by curl. In base64, for one use.
 */
export async function kerberosToken(host: string, ticket: KerberosTicket): Promise<string> {
  let token: string | undefined
  const server = createServer((request, response) => {
    token ??= /^Negotiate (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) response.writeHead(401, { 'WWW-Authenticate': 'Negotiate' })
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    await curlNegotiate(`http://${host}/`, port, ticket)
  } finally {
    server.close()
    await once(server, 'close')
  }
  if (token === undefined) throw new Error(`curl made no token for HTTP/${host}: does the domain know that name?`)
  return token
}

/**
 * Sends a request by curl, which signs in with a ticket (RFC 4559), to a server on a port of loopback that is called as `url` says;
 * resolves with the answer, headers included. `options` are curl's.
 */
export async function curlNegotiate(
  url: string,
  port: number,
  ticket: KerberosTicket,
  options: readonly string[] = [],
): Promise<string> {
  // An empty name before the password: whoever the ticket says.
  const how = ['--silent', '--show-error', '--include', '--negotiate', '--user', ':', '--noproxy', '*']
  return await runProgram('curl', [...how, '--connect-to', `::127.0.0.1:${port}`, ...options, url], {
    env: { ...ticket },
  })
}
