import { z } from 'zod'
import { awaitGreeting } from './greeting.ts'
import { parseServerAddress } from './server-address.ts'

/** NOTE: those named here and no others: a server also greets with the client's address and a nonce. */
const greeting = z.object({
  server_id: z.string(),
  server_name: z.string().optional(),
  version: z.string(),
  go: z.string().optional(),
  host: z.string().optional(),
  port: z.number().optional(),
  cluster: z.string().optional(),
  domain: z.string().optional(),
  max_payload: z.number().optional(),
  jetstream: z.boolean().optional(),
  headers: z.boolean().optional(),
  auth_required: z.boolean().optional(),
  tls_required: z.boolean().optional(),
  tls_verify: z.boolean().optional(),
  leafnode_urls: z.array(z.string()).optional(),
  connect_urls: z.array(z.string()).optional(),
})

/** What a NATS server tells everybody who connects. */
export type NatsServerInfo = z.output<typeof greeting>

/** Connects to the server at `url` (nats://HOST:PORT) and reads its greeting; signs in to nothing. Rejects when there is none until `signal` aborts. */
export async function natsServerInfo(url: string, signal: AbortSignal): Promise<NatsServerInfo> {
  const server = parseServerAddress(url)
  if (!server) throw new TypeError('not the address of a NATS server')
  const text = await awaitGreeting(server, signal)
  return greeting.parse(JSON.parse(text.slice('INFO '.length).split('\r\n', 1)[0] ?? ''))
}
