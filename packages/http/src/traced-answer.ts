import { failureType, type Span, type Tracer } from '@parley/domain'
import { isRvpMethod } from '@parley/protocol'
import type { HttpResponse } from './http-message.ts'

type Answer = HttpResponse | Promise<HttpResponse>

/** Does the `work` of answering a request in the course of `span`, which ends with the answer. */
export function tracedAnswer(tracer: Tracer, span: Span, work: () => Answer): Answer {
  let answer: Answer
  try {
    answer = tracer.run(span, work)
  } catch (err) {
    span.fail(failureType(err))
    throw err
  }
  if (!(answer instanceof Promise)) return endedWithAnswer(span, answer)
  return answer.then(
    (response) => endedWithAnswer(span, response),
    (err) => {
      span.fail(failureType(err))
      throw err
    },
  )
}

/** Ends the span of a request. What the client did wrong is no failure of ours; any status from 500 on is. */
export function endedWithAnswer<Response extends { readonly status: number }>(
  span: Span,
  response: Response,
): Response {
  const { status } = response
  span.set({ 'http.response.status_code': status })
  if (status < 500) span.end()
  else span.fail(`${status}`)
  return response
}

const otherMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

/** A method as a span may name it: strangers make up methods. */
export function tracedMethod(method: string): string {
  return isRvpMethod(method) || otherMethods.has(method) ? method : '_OTHER'
}
