import { setImmediate as turnEnd } from 'node:timers/promises'

/** Does `work` with each of `items`, and lets the process do something else after every `atOnce` of them. */
export async function inTurns<T>(items: Iterable<T>, atOnce: number, work: (item: T) => void): Promise<void> {
  let done = 0
  for (const item of items) {
    if (done > 0 && done % atOnce === 0) await turnEnd()
    work(item)
    done += 1
  }
}
