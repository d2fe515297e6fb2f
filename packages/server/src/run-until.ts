import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

/** Something that is started, drained and closed. */
export interface ServerNode extends AsyncDisposable {
  /** Takes requests from when it resolves. */
  start(): Promise<void>
  /** Says that it is about to stop; true when clients connect to it, which it goes on serving. */
  leave(): boolean
  /** Refuses new work, and lets what is in flight finish until `deadline` aborts. */
  drain(deadline: AbortSignal): Promise<void>
}

/** How long the phases of a stop take. */
export interface StopTimes {
  /** Between the word that it is about to stop and the end of new work: balancers learn of it late. */
  readonly leaveMs: number
  /** For work in flight. */
  readonly graceMs: number
}

/** Runs a node until `stop` aborts (style.md, principle 10). */
export async function runUntil(stop: AbortSignal, node: ServerNode, { leaveMs, graceMs }: StopTimes): Promise<void> {
  await using owned = node // closes what is left, also when start() fails half-way
  await owned.start()
  if (!stop.aborted) await once(stop, 'abort')
  if (owned.leave() && leaveMs > 0) await setTimeout(leaveMs)
  await owned.drain(AbortSignal.timeout(graceMs))
}
