import type { RvpRequest, RvpResponse } from '@parley/http'
import { BadRequestError, type header } from '@parley/protocol'

/** Answers one method; rejects with RvpError. */
export type MethodHandler = (request: RvpRequest) => Promise<RvpResponse>

/** A header that the method cannot do without, parsed. Throws BadRequestError. */
export function requiredHeader<T>(
  request: RvpRequest,
  name: (typeof header)[keyof typeof header],
  parse: (value: string | undefined) => T | undefined,
): T {
  const value = parse(request.header(name))
  if (value === undefined) throw new BadRequestError(`${name} is required`)
  return value
}
