import type { Clock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { pathOfTarget, queryOfTarget } from './target-path.ts'

/** A library's app, which takes standard requests; `Caller` is what it is told besides. */
export type WebFetch<Caller> = (request: Request, caller: Caller) => Response | Promise<Response>

/** What an app may take. */
export interface WebLimits {
  /** Time until the answer is complete. Milliseconds. */
  readonly answerMs: number
  readonly answerBytes: number
}

// NOTE: no credentials, and nothing of the connection: an app has no use for either.
const passedOn = ['accept', 'accept-language', 'if-none-match']

/**
 * Puts a GET of the listener to an app as a standard Request, whose URL has the path and query as sent and an origin that says
 * nothing; its signal aborts when the time is up. Rejects with UnavailableError then, with Error when the answer is too large, and
 * with whatever the app throws.
 */
export async function askWebApp<Caller>(
  fetch: WebFetch<Caller>,
  { target, headers }: HttpRequest,
  caller: Caller,
  { clock, limits }: { readonly clock: Pick<Clock, 'after'>; readonly limits: WebLimits },
): Promise<HttpResponse> {
  const deadline = new AbortController()
  const given = passedOn.flatMap((name) => headers.all(name).map((value): [string, string] => [name, value]))
  const request = new Request(`http://app.invalid${pathOfTarget(target)}?${queryOfTarget(target)}`, {
    headers: given,
    signal: deadline.signal,
  })
  const { promise: timeUp, reject } = Promise.withResolvers<never>()
  const stop = clock.after(limits.answerMs, () => {
    deadline.abort()
    reject(new UnavailableError('the answer took too long'))
  })
  try {
    return await Promise.race([answered(fetch(request, caller), limits), timeUp])
  } finally {
    stop()
  }
}

async function answered(pending: Response | Promise<Response>, limits: WebLimits): Promise<HttpResponse> {
  const response = await pending
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > limits.answerBytes) throw new Error(`the app's answer is larger than ${limits.answerBytes} bytes`)
    chunks.push(chunk)
  }
  const fields = [...response.headers]
    .filter(([name]) => name !== 'content-length' && name !== 'connection')
    .map(([name, value]): [string, string] => [asUsual(name), value])
  return { status: response.status, headers: fields, body: Buffer.concat(chunks) }
}

/** `content-type` as `Content-Type`, as all our other answers have it. */
function asUsual(name: string): string {
  return name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase())
}
