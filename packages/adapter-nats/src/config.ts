import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from '@nats-io/transport-node'
import { z } from 'zod'
import { parseServerAddress } from './server-address.ts'

const secret = z.string().min(1)

const tlsConfig = z.strictObject({
  ca: z
    .string()
    .optional()
    .describe('PEM text of the certificates that sign the servers’; those of the system when absent.'),
  cert: z.string().optional().describe('PEM text of the certificate that we show, for servers that verify clients.'),
  key: z.string().optional().describe('PEM text of its private key.'),
})

/** How a process reaches NATS. Secrets are texts here: whoever reads the configuration file reads the files that it names. */
export const natsConfig = z
  .strictObject({
    servers: z
      .array(z.string().refine(isServerUrl, 'must be nats://HOST:PORT or tls://HOST:PORT, without a user or password'))
      .min(1)
      .describe('Servers of one NATS cluster, e.g. nats://nats1.example.com:4222; tls:// insists on TLS.'),
    user: z.string().min(1).optional().describe('Name of the NATS user, with its password.'),
    password: secret.optional().describe('Password of the NATS user.'),
    token: secret.optional().describe('Token, where the servers know one token instead of users.'),
    nkey: secret.optional().describe('Seed of the NATS user’s nkey: SU…'),
    creds: secret.optional().describe('Text of a credentials file: a JWT and a seed.'),
    tls: tlsConfig.optional().describe('TLS material; when present, every server must offer TLS.'),
    name: z.string().min(1).max(64).default('parley').describe('Name under which NATS shows this process.'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}(?:\.[A-Za-z0-9_-]{1,32}){0,3}$/, 'must be one to four words, with dots between')
      .default('parley')
      .describe('First words of all subjects: installations that share NATS need different ones.'),
  })
  .refine(
    (config) => (config.user === undefined) === (config.password === undefined),
    'user and password belong together',
  )
  .refine(
    ({ user, token, nkey, creds }) => [user, token, nkey, creds].filter((given) => given !== undefined).length < 2,
    'give one of user and password, token, nkey, creds',
  )
  .refine((config) => (config.tls?.cert === undefined) === (config.tls?.key === undefined), {
    message: 'cert and key belong together',
    path: ['tls'],
  })

export type NatsConfig = z.infer<typeof natsConfig>

/** A configuration of NATS that cannot work, whatever the servers say. The message names the setting, never its value. */
export class NatsConfigError extends Error {
  override readonly name = 'NatsConfigError'
}

/** Proves the credentials to a server; undefined where there are none. Throws NatsConfigError for what cannot be read. */
export function authenticatorOf({ user, password, token, nkey, creds }: NatsConfig): Authenticator | undefined {
  if (user !== undefined) return () => ({ user, pass: password ?? '' })
  if (token !== undefined) return () => ({ auth_token: token })
  if (nkey !== undefined) {
    return readable(nkeyAuthenticator(bytesOf(nkey.trim())), 'nkey cannot be read: it must be the seed of a user, SU…')
  }
  if (creds !== undefined) {
    return readable(
      credsAuthenticator(bytesOf(creds)),
      'creds cannot be read: it must be the text of a credentials file',
    )
  }
  return undefined
}

/** Throws NatsConfigError unless OpenSSL can read the material. */
export function checkTlsMaterial({ ca, cert, key }: NonNullable<NatsConfig['tls']>): void {
  try {
    // NOTE: OpenSSL takes a CA that holds no certificate without a word.
    if (ca !== undefined) new X509Certificate(ca)
    createSecureContext({ ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) })
  } catch (cause) {
    throw new NatsConfigError('tls cannot be used: ca, cert and key must be PEM, and key must belong to cert', {
      cause,
    })
  }
}

// NOTE: the client library reads them when a server asks, and would close the connection without a word.
function readable(authenticator: Authenticator, complaint: string): Authenticator {
  try {
    authenticator('nonce')
  } catch (cause) {
    throw new NatsConfigError(complaint, { cause })
  }
  return authenticator
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function isServerUrl(text: string): boolean {
  return parseServerAddress(text) !== undefined
}
