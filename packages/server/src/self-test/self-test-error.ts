import { TransportError } from '@parley/client'
import { problemText, signOnProblemText, transportText } from '../chat/chat-text.ts'

/** A step took longer than it may. */
export class SelfTestTimeoutError extends Error {
  override readonly name = 'SelfTestTimeoutError'
}

/** A step came to an end that is not the right one; the message says what to look at. */
export class SelfTestError extends Error {
  override readonly name = 'SelfTestError'
}

/** What a step does, for whom a failure is explained. */
export interface SelfTestPlace {
  readonly server: string
  /** Who signs in, in a step that is that. */
  readonly signingIn?: string
  /** What to look at when it takes too long. */
  readonly hint: string
}

/** Why a step failed, in a sentence; undefined for a mistake of ours. */
export function selfTestProblem(error: unknown, { server, signingIn, hint }: SelfTestPlace): string | undefined {
  if (error instanceof SelfTestTimeoutError) return `${error.message}: ${hint}`
  if (error instanceof SelfTestError) return error.message
  if (signingIn !== undefined) return signOnProblemText(error, server, signingIn)
  return error instanceof TransportError ? `${server}: ${transportText(error)}` : problemText(error)
}
