import type { Authentication, Credentials } from './authentication.ts'
import { BasicAuthentication } from './basic-authentication.ts'
import { CallbackListener, type CallbackListenerOptions } from './callback-listener.ts'
import { platformRandom } from './client-random.ts'
import { DigestAuthentication } from './digest-authentication.ts'
import { NtlmAuthentication } from './ntlm-authentication.ts'
import { RvpClient, type SignOnOptions } from './rvp-client.ts'
import { UndiciTransport, type UndiciTransportOptions } from './undici-transport.ts'

/** How to prove who one is; `basic` only works over TLS. */
export type AuthenticationScheme = 'digest' | 'ntlm' | 'basic'

/** Who signs on, where, and with which password. */
export interface ConnectOptions extends Omit<SignOnOptions, 'transport' | 'inbox'> {
  /** `http://host:port` or `https://host:port` of the server. */
  readonly server: string
  readonly password: string
  /** The name to prove, when it is not the alias, e.g. `DOMAIN\user` (client-facts §5, 37). */
  readonly user?: string
  readonly scheme?: AuthenticationScheme
  /** A stream needs no address of its own; a call-back needs one that the server can reach. */
  readonly device: 'stream' | { readonly callBack: CallbackListenerOptions }
  readonly connection?: Omit<UndiciTransportOptions, 'server' | 'authentication'>
}

/** Signs a user on over HTTP. Rejects with TransportError and RequestRefusedError. */
export async function connect(options: ConnectOptions): Promise<RvpClient> {
  const { server, password, user, scheme = 'digest', device, connection, ...signOn } = options
  const authentication = authenticationFor(scheme, { user: user ?? signOn.alias, password }, options)
  const transport = new UndiciTransport({ ...connection, server, authentication })
  const inbox = device === 'stream' ? device : new CallbackListener(device.callBack)
  return await RvpClient.signOn({ ...signOn, transport, inbox })
}

/** Proves `credentials` in one scheme, for a transport of one's own. */
export function authenticationFor(
  scheme: AuthenticationScheme,
  credentials: Credentials,
  { random = platformRandom }: Pick<ConnectOptions, 'random'> = {},
): Authentication {
  switch (scheme) {
    case 'digest':
      return new DigestAuthentication(credentials, random)
    case 'ntlm':
      return new NtlmAuthentication(credentials, random)
    case 'basic':
      return new BasicAuthentication(credentials)
  }
}
