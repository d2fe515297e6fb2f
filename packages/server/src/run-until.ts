import { once } from 'node:events'

/** Something that is started, drained and closed. */
export interface ServerNode extends AsyncDisposable {
  /** Takes requests from when it resolves. */
  start(): Promise<void>
  /** Refuses new work, and lets what is in flight finish until `deadline` aborts. */
  drain(deadline: AbortSignal): Promise<void>
}

/** Runs a node until `stop` aborts (style.md, principle 10). */
export async function runUntil(stop: AbortSignal, node: ServerNode, graceMs: number): Promise<void> {
  await using owned = node // closes what is left, also when start() fails half-way
  await owned.start()
  if (!stop.aborted) await once(stop, 'abort')
  await owned.drain(AbortSignal.timeout(graceMs))
}
