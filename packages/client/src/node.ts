/** What the client needs of Node: connections over undici, call-backs over node:http, and authentication. */
export { BasicAuthentication } from './basic-authentication.ts'
export { CallbackListener, type CallbackListenerOptions } from './callback-listener.ts'
export { type AuthenticationScheme, authenticationFor, type ConnectOptions, connect } from './connect.ts'
export { DigestAuthentication, type DigestInput, digestResponse } from './digest-authentication.ts'
export { NtlmAuthentication } from './ntlm-authentication.ts'
export { UndiciTransport, type UndiciTransportOptions } from './undici-transport.ts'
