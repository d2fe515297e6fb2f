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
 * What a client with a ticket sends to `HTTP/host` as proof of it: a SPNEGO token (RFC 4559), made by curl, for one use. In base64.
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
    // An empty name before the password: whoever the ticket says.
    const how = ['--silent', '--show-error', '--negotiate', '--user', ':', '--noproxy', '*']
    const where = ['--connect-to', `::127.0.0.1:${port}`, `http://${host}/`]
    await runProgram('curl', [...how, ...where], { env: { ...ticket } })
  } finally {
    server.close()
    await once(server, 'close')
  }
  if (token === undefined) throw new Error(`curl made no token for HTTP/${host}: does the domain know that name?`)
  return token
}
