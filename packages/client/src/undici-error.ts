import { TransportError, type TransportFailure } from './client-error.ts'

const failures: Readonly<Record<string, TransportFailure>> = {
  UND_ERR_ABORTED: 'aborted',
  UND_ERR_DESTROYED: 'aborted',
  UND_ERR_CLOSED: 'aborted',
  ABORT_ERR: 'aborted',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ETIMEDOUT: 'unreachable',
  UND_ERR_SOCKET: 'unreachable',
  CERT_HAS_EXPIRED: 'certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate',
}

const sentences: Readonly<Record<TransportFailure, string>> = {
  unreachable: 'the server cannot be reached',
  timeout: 'the server did not answer in time',
  aborted: 'the request was given up',
  certificate: "the server's certificate is not trusted",
  protocol: 'the server did not answer in HTTP',
}

/** Translates what undici and the system report; everything it does not know counts as a violation of HTTP. */
export function transportErrorOf(error: unknown): TransportError {
  if (error instanceof TransportError) return error
  const failure = failureOf(error)
  return new TransportError(failure, sentences[failure], { cause: error })
}

function failureOf(error: unknown): TransportFailure {
  if (error instanceof AggregateError && error.errors.length > 0) return failureOf(error.errors[0])
  if (!(error instanceof Error)) return 'protocol'
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'aborted'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return failures[code] ?? (code.startsWith('ERR_SSL') ? 'certificate' : 'protocol')
}
