import { isExpectedError, RequestRefusedError } from '@parley/client'
import type { Person } from './person.ts'

/** Messages of one sender to one recipient, one after the other, and what the sender was told of each. */
export class Talk {
  readonly from: Person
  readonly to: Person
  /** Numbers of messages by what was told: 200, 412, anything else that is an answer, and no answer at all. */
  readonly told = {
    delivered: [] as number[],
    unavailable: [] as number[],
    refused: [] as number[],
    unknown: [] as number[],
  }
  /** Statuses of what was refused, in the order of `told.refused`. */
  readonly refusals: number[] = []
  #count = 0

  constructor(from: Person, to: Person) {
    this.from = from
    this.to = to
  }

  async sendNext(): Promise<void> {
    this.#count += 1
    const number = this.#count
    try {
      const outcome = await this.from.send(this.to, `message ${number}`)
      if (outcome === 'delivered') this.told.delivered.push(number)
      else if (outcome === 'not-available') this.told.unavailable.push(number)
      else throw new Error(`${this.from.alias} to ${this.to.alias}: ${outcome}`)
    } catch (error) {
      if (!isExpectedError(error)) throw error
      if (error instanceof RequestRefusedError) {
        this.told.refused.push(number)
        this.refusals.push(error.status)
      } else this.told.unknown.push(number)
    }
  }

  /**
   * Where what the sender was told is not what happened: 200 is taken once, 412 never, nothing twice, all in order (promise 3).
   * With `honest`, what was refused or never answered was not taken either.
   */
  lies({ honest }: { readonly honest: boolean }): string[] {
    const name = `${this.from.alias} to ${this.to.alias}`
    const taken = (this.to.taken.get(this.from.node) ?? []).map((text) => Number(text.split(' ')[1]))
    const lies: string[] = []
    const disorder = taken.findIndex((number, index) => index > 0 && number <= (taken[index - 1] ?? 0))
    if (disorder > 0)
      lies.push(`${name}: twice or out of order: ${taken.slice(Math.max(0, disorder - 3), disorder + 3)}`)
    const arrived = new Set(taken)
    const { delivered, unavailable, refused, unknown } = this.told
    for (const number of delivered) if (!arrived.has(number)) lies.push(`${name}: told 200, but lost: ${number}`)
    for (const number of unavailable) if (arrived.has(number)) lies.push(`${name}: told 412, but taken: ${number}`)
    if (!honest) return lies
    const odd = [...new Set(this.refusals)].filter((status) => status !== 503)
    if (odd.length > 0) lies.push(`${name}: refused with ${odd}`)
    for (const [index, number] of refused.entries()) {
      if (arrived.has(number)) lies.push(`${name}: told ${this.refusals[index]}, but taken: ${number}`)
    }
    for (const number of unknown) if (arrived.has(number)) lies.push(`${name}: not answered, but taken: ${number}`)
    return lies
  }

  /** Begins anew with nothing told and nothing taken. */
  forget(): void {
    for (const list of [...Object.values(this.told), this.refusals]) list.length = 0
    this.to.taken.delete(this.from.node)
  }
}
