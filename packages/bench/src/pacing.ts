import { setImmediate, setTimeout } from 'node:timers/promises'

/** V8 compiles what it runs most; a server that has been up for days is measured, not its first second. */
export const warmUpSeconds = 4

/** Resolves after that many seconds; the load goes on meanwhile. */
export async function wait(seconds: number): Promise<void> {
  await setTimeout(seconds * 1000)
}

/**
 * Keeps `width` pieces of work going: `work` is called with the number of a turn that is free, again and again until the
 * seconds are over. Resolves when all turns have come back.
 */
export async function closedLoop(
  seconds: number,
  width: number,
  work: (turn: number, done: () => void) => void,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  const { promise, resolve } = Promise.withResolvers<void>()
  let running = width
  for (let turn = 0; turn < width; turn++) {
    const next = (): void => {
      if (performance.now() < end) work(turn, next)
      else if (--running === 0) resolve()
    }
    next()
  }
  await promise
}

/**
 * Calls `work` at a fixed rate, whether or not earlier work is done, with the time at which it was due: latency that is
 * measured from then leaves nothing out (no coordinated omission). Looks at the clock all the time, as timers are too coarse.
 */
export async function openLoop(perSecond: number, seconds: number, work: (dueAt: number) => void): Promise<void> {
  const start = performance.now()
  const count = Math.floor(perSecond * seconds)
  let sent = 0
  while (sent < count) {
    const now = performance.now()
    for (
      let due = start + (sent * 1000) / perSecond;
      due <= now && sent < count;
      due = start + (sent * 1000) / perSecond
    ) {
      work(due)
      sent += 1
    }
    await setImmediate()
  }
}
