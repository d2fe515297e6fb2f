import { setTimeout } from 'node:timers/promises'

const usualPatienceMs = 20_000
const answerMs = 1_000
const betweenQuestionsMs = 15

/** Asks again and again until the answer is yes; rejects when that takes too long, or with what `question` rejects with. */
export async function until(
  what: string,
  question: (signal: AbortSignal) => Promise<boolean>,
  patienceMs = usualPatienceMs,
): Promise<void> {
  const deadline = AbortSignal.timeout(patienceMs)
  while (!(await question(AbortSignal.any([deadline, AbortSignal.timeout(answerMs)])))) {
    if (deadline.aborted) throw new Error(`waited ${patienceMs} ms in vain until ${what}`)
    await setTimeout(betweenQuestionsMs)
  }
}
