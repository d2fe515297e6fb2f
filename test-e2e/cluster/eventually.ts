import { setTimeout } from 'node:timers/promises'

const betweenQuestionsMs = 25

/**
 * Asks again and again until the answer is yes, and rejects when there is none within `ms`. `excuse` says how things stand
 * then. A rejection of `question` counts as no.
 */
export async function eventually(
  what: string,
  ms: number,
  question: () => boolean | Promise<boolean>,
  excuse: () => string = () => '',
): Promise<void> {
  const deadline = AbortSignal.timeout(ms)
  let error: unknown
  while (!deadline.aborted) {
    try {
      if (await question()) return
    } catch (thrown) {
      error = thrown
    }
    await setTimeout(betweenQuestionsMs)
  }
  throw new Error(`not within ${ms} ms: ${what} ${excuse()}`, { cause: error })
}

/** The same for something that fails until it succeeds; resolves with what it gives. */
export async function patiently<T>(what: string, ms: number, attempt: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined
  await eventually(what, ms, async () => {
    result = { value: await attempt() }
    return true
  })
  if (!result) throw new Error(`no result: ${what}`)
  return result.value
}
