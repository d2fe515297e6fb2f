import type { Epoch, HomeHolder, HomeLease, HomeLeases, HomeName } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'

/** One process' connection to leases that others share: it can be cut, lose an answer, and leave questions unanswered. */
export class LeasesConnection implements HomeLeases {
  /** `loses-answers` carries out what is asked and then fails; `hangs` never answers. */
  fault: 'none' | 'cut' | 'loses-answers' | 'hangs' = 'none'
  /** What was asked, e.g. `renew hq-1`. */
  readonly asked: string[] = []
  readonly #shared: HomeLeases

  constructor(shared: HomeLeases) {
    this.#shared = shared
  }

  take(home: HomeName, holder: HomeHolder, lifetimeMs: number): Promise<Epoch | undefined> {
    return this.#ask(`take ${home}`, () => this.#shared.take(home, holder, lifetimeMs))
  }

  renew(home: HomeName, holder: HomeHolder, epoch: Epoch, lifetimeMs: number): Promise<boolean> {
    return this.#ask(`renew ${home}`, () => this.#shared.renew(home, holder, epoch, lifetimeMs))
  }

  release(home: HomeName, epoch: Epoch): Promise<void> {
    return this.#ask(`release ${home}`, () => this.#shared.release(home, epoch))
  }

  lease(home: HomeName): Promise<HomeLease | undefined> {
    return this.#ask(`lease ${home}`, () => this.#shared.lease(home))
  }

  leases(): Promise<readonly HomeLease[]> {
    return this.#ask('leases', () => this.#shared.leases())
  }

  onChange(listener: (home: HomeName | undefined) => void): () => void {
    return this.#shared.onChange((home) => {
      if (this.fault === 'none') listener(home)
    })
  }

  async #ask<Answer>(what: string, question: () => Promise<Answer>): Promise<Answer> {
    this.asked.push(what)
    if (this.fault === 'cut') throw new UnavailableError('the connection is cut')
    if (this.fault === 'hangs') return new Promise(() => {})
    const answer = await question()
    if (this.fault === 'loses-answers') throw new UnavailableError('the answer is lost')
    return answer
  }
}
