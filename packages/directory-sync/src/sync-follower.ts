import type { Clock, DirectorySource, SyncStore } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { NoHomeError } from './home-assignment.ts'
import { LeaseLostError } from './lease-lost-error.ts'
import { syncOrigin } from './problem-list.ts'
import { SyncRefusedError } from './removal-guard.ts'
import type { SyncEngine } from './sync-engine.ts'
import type { SyncLease } from './sync-lease.ts'
import type { RunOptions, SyncProgress, SyncResult } from './sync-report.ts'

/** What a `parley sync` that goes on is doing: waiting for another one, working, or unable to, with a sentence for an operator. */
export type SyncCondition =
  | { readonly state: 'standby' }
  | { readonly state: 'active' }
  | { readonly state: 'away' | 'refused' | 'failed'; readonly what: string; readonly err: unknown }

export interface SyncFollowerEvents {
  /** Once for each change. */
  conditionChanged(condition: SyncCondition): void
  ran(result: SyncResult): void
  progressed(progress: SyncProgress): void
}

export interface SyncFollowerDeps {
  readonly engine: Pick<SyncEngine, 'run' | 'forget'>
  readonly lease: Pick<SyncLease, 'take' | 'check' | 'isHeld' | 'release'>
  readonly store: Pick<SyncStore, 'problems' | 'putProblems'>
  readonly source: Pick<DirectorySource, 'onChange'>
  readonly clock: Clock
  readonly events: SyncFollowerEvents
  readonly holder: string
  readonly mostRemoved: number
  /** How often changes are asked for; absent: only when the source tells of them. */
  readonly pollMs?: number
}

const standbyMs = 2_000
const leastBackOffMs = 1_000
const mostBackOffMs = 30_000
/** A source that has to be read whole each time is given a rest of so many times what it took. */
const restAfterFullRead = 10

/** Follows a directory for as long as the process runs: one of several that do works, the others wait for its lease. */
export class SyncFollower {
  readonly #deps: SyncFollowerDeps
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #condition: SyncCondition | undefined
  #backOffMs = leastBackOffMs
  #wasTold = false
  #wake: (() => void) | undefined

  constructor(deps: SyncFollowerDeps) {
    this.#deps = deps
  }

  /** What it is doing; undefined before its first try. */
  get condition(): SyncCondition | undefined {
    return this.#condition
  }

  start(): void {
    this.#running = this.#follow()
  }

  /** Ends what it does at the next step, and gives the lease up. */
  async drain(): Promise<void> {
    this.#stop.abort()
    this.#wake?.()
    await this.#running
  }

  async #follow(): Promise<void> {
    const stopListening = this.#deps.source.onChange(() => {
      this.#wasTold = true
      this.#wake?.()
    })
    try {
      while (!this.#stop.signal.aborted) await this.#wait(await this.#turn())
      if (this.#deps.lease.isHeld) await this.#deps.lease.release()
    } catch (err) {
      // The lease runs out by itself.
      if (!(err instanceof UnavailableError)) throw err
    } finally {
      stopListening()
    }
  }

  /** One try; resolves with how long to wait for the next, undefined for until the source tells of a change. */
  async #turn(): Promise<number | undefined> {
    const { engine, lease, clock, events, holder, mostRemoved, pollMs } = this.#deps
    const startedAt = clock.elapsed()
    try {
      if (!lease.isHeld) {
        if (!(await lease.take())) {
          this.#become({ state: 'standby' })
          return standbyMs
        }
        engine.forget()
      }
      this.#wasTold = false
      const step = (): void => {
        this.#stop.signal.throwIfAborted()
        lease.check()
      }
      const result = await engine.run({
        holder,
        mostRemoved,
        step,
        progress: (at) => events.progressed(at),
      } satisfies RunOptions)
      if (this.#condition?.state !== 'active') await this.#file(undefined)
      this.#become({ state: 'active' })
      this.#backOffMs = leastBackOffMs
      events.ran(result)
      if (pollMs === undefined) return undefined
      if (result.tellsChanges) return pollMs
      return Math.max(pollMs, restAfterFullRead * (clock.elapsed() - startedAt))
    } catch (err) {
      return await this.#failed(err)
    }
  }

  async #failed(err: unknown): Promise<number> {
    const { lease } = this.#deps
    if (this.#stop.signal.aborted) return 0
    if (err instanceof LeaseLostError) {
      this.#become({ state: 'standby' })
      return standbyMs
    }
    const what = err instanceof Error ? err.message : 'unknown'
    const refused = err instanceof SyncRefusedError || err instanceof NoHomeError
    const condition = {
      state: refused ? 'refused' : err instanceof UnavailableError ? 'away' : 'failed',
      what,
      err,
    } as const
    if (this.#become(condition)) await this.#file(what)
    const waitMs = this.#backOffMs
    this.#backOffMs = Math.min(mostBackOffMs, 2 * waitMs)
    // NOTE: whoever allows by "--once" what is refused here must get the lease meanwhile.
    if (refused) await lease.release().catch(() => undefined)
    return refused ? mostBackOffMs : waitMs
  }

  /** Returns whether it is another one than before. */
  #become(condition: SyncCondition): boolean {
    const before = this.#condition
    const isSame = before?.state === condition.state && textOf(before) === textOf(condition)
    this.#condition = condition
    if (!isSame) this.#deps.events.conditionChanged(condition)
    return !isSame
  }

  /** Puts what hinders the sync, or that nothing does any more, where `parley status` finds it. */
  async #file(what: string | undefined): Promise<void> {
    const { store } = this.#deps
    try {
      const problems = await store.problems()
      const others = problems.filter(({ origin }) => origin !== syncOrigin)
      if (what === undefined && others.length === problems.length) return
      await store.putProblems([...(what === undefined ? [] : [{ origin: syncOrigin, what }]), ...others])
    } catch (err) {
      // Redis is away, which is told by whoever stands on it.
      if (!(err instanceof UnavailableError)) throw err
    }
  }

  async #wait(ms: number | undefined): Promise<void> {
    if (this.#stop.signal.aborted || (this.#wasTold && this.#condition?.state === 'active')) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const cancel = ms === undefined ? () => {} : this.#deps.clock.after(ms, resolve)
    await promise
    cancel()
    this.#wake = undefined
  }
}

function textOf(condition: SyncCondition): string {
  return 'what' in condition ? condition.what : ''
}
