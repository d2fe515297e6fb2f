import { pause } from './pause.ts'

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
    await pause(betweenQuestionsMs)
  }
  throw new Error(`not within ${ms} ms: ${what} ${excuse()}`, { cause: error })
}
