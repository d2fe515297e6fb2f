import type { SeededRandom } from '../seeded-random.ts'
import { Person, type PersonOptions, unlessFaulty } from './person.ts'
import { Talk } from './talk.ts'

const contactsEach = 10
const talkCount = 20
const blockedPairs = 8
/** Of this many people, one has a device that is called back. */
const callBackEvery = 10
const signOnsAtOnce = 8

export interface PopulationOptions extends Pick<PersonOptions, 'server' | 'domain' | 'callBackAddress'> {
  readonly aliases: readonly string[]
  readonly random: SeededRandom
}

/** How strictly a fault is judged. */
export interface Judgement {
  /** Nobody may be seen offline who is not, and what is told to have failed has not happened: a planned stop, a move. */
  readonly unnoticed: boolean
}

/** Everybody who is signed on, and the oracle: what they must have seen. */
export class Population implements AsyncDisposable {
  readonly people: Person[] = []
  readonly talks: Talk[] = []
  readonly #open = new AsyncDisposableStack()
  readonly #random: SeededRandom
  readonly #options: PopulationOptions
  #news = Promise.withResolvers<void>()

  private constructor(options: PopulationOptions) {
    this.#options = options
    this.#random = options.random
  }

  /** Signs everybody on, lets some block others, and lets everybody watch ten. */
  static async signOn(options: PopulationOptions): Promise<Population> {
    const population = new Population(options)
    try {
      await population.#signOnAll()
      await population.#blockSome()
      await population.#watchEachOther()
      population.#pairTalks()
      return population
    } catch (error) {
      await population[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Signs on somebody else, whom `watchers` then watch. */
  async join(alias: string, leaseSeconds: number, watchers: readonly Person[]): Promise<Person> {
    const person = await this.#signOn(alias, 'stream', leaseSeconds)
    await Promise.all(watchers.map((watcher) => watcher.watch(person)))
    return person
  }

  /** Begins a new fault: what was heard and said before it is settled. */
  begin(): void {
    for (const person of this.people) person.forgetNews()
    for (const talk of this.talks) talk.forget()
  }

  /** Throws unless all watchers' views are true by the deadline (promise 2); nobody changes anything any more. */
  async converge(deadline: AbortSignal): Promise<void> {
    await inParallel(this.people, (person) => retried(deadline, `${person.alias} settles`, () => person.settle()))
    await this.#untilTrue(deadline)
  }

  /** Throws unless everything else is as it must be: what is stored, what was told, and what nobody may see. */
  async check(judgement: Judgement): Promise<void> {
    const watchersOf = new Map(this.people.map((person) => [person, [] as Person[]]))
    for (const person of this.people) for (const other of person.watching) watchersOf.get(other)?.push(person)
    await inParallel(this.people, async (person) => {
      await person.checkFacts(watchersOf.get(person) ?? [])
      await person.checkBlocks()
    })
    const lies = [
      ...this.talks.flatMap((talk) => talk.lies({ honest: judgement.unnoticed })),
      ...this.people.flatMap((person) => this.#wrongNews(person, judgement)),
    ]
    if (lies.length > 0) throw new Error(reportOf(lies))
  }

  /** Waits until every view is true. */
  async #untilTrue(deadline: AbortSignal): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    deadline.addEventListener('abort', () => resolve(), { once: true })
    for (;;) {
      const { promise: news } = this.#news
      const lies = this.people.flatMap((person) => person.lies())
      if (lies.length === 0) return
      if (deadline.aborted) throw new Error(`not true by the deadline after the fault: ${reportOf(lies)}`)
      await Promise.race([news, late])
    }
  }

  #wrongNews(person: Person, { unnoticed }: Judgement): string[] {
    const wrong: string[] = []
    if (person.signedOut) wrong.push(`${person.alias} was signed out: ${person.signedOut.message}`)
    const blocked = new Set([...person.blockedBy].map(({ node }) => node))
    for (const { node, state } of person.heard) {
      if (blocked.has(node) && state !== 'offline')
        wrong.push(`${person.alias} is blocked by ${node}, but saw it ${state}`)
      else if (unnoticed && state === 'offline') wrong.push(`${person.alias} saw ${node} offline`)
    }
    return wrong
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }

  async #signOnAll(): Promise<void> {
    const { aliases } = this.#options
    const signOns = aliases.map((alias, index) => ({ alias, device: deviceOf(index) }))
    const people = await inParallel(signOns, ({ alias, device }) => this.#signOn(alias, device))
    this.people.push(...people)
  }

  async #signOn(alias: string, device: PersonOptions['device'], leaseSeconds?: number): Promise<Person> {
    const onNews = (): void => {
      this.#news.resolve()
      this.#news = Promise.withResolvers()
    }
    const random = this.#random.fork()
    const lease = leaseSeconds === undefined ? {} : { leaseSeconds }
    return this.#open.use(await Person.signOn({ ...this.#options, alias, device, random, onNews, ...lease }))
  }

  async #blockSome(): Promise<void> {
    const pairs = Array.from({ length: blockedPairs }, (_, index) => [this.#at(index), this.#at(index + blockedPairs)])
    for (const [blocker, blocked] of pairs) {
      if (!blocker || !blocked) throw new Error('too few people')
      await blocker.client.block(blocked.node)
      blocked.blockedBy.add(blocker)
      await blocked.checkBlocks()
    }
  }

  async #watchEachOther(): Promise<void> {
    const wishes = this.people.map((person) => ({ person, others: this.#contactsOf(person) }))
    await inParallel(wishes, async ({ person, others }) => {
      for (const other of others) await person.watch(other)
    })
  }

  #contactsOf(person: Person): Person[] {
    const others = new Set<Person>()
    while (others.size < contactsEach) {
      const other = this.#random.pick(this.people)
      if (other && other !== person && !person.blockedBy.has(other)) others.add(other)
    }
    return [...others]
  }

  #pairTalks(): void {
    const [first, last] = [blockedPairs * 2, this.people.length]
    for (let index = 0; index < talkCount; index += 1) {
      const from = this.#at(first + this.#random.below(last - first))
      const others = this.people.filter(
        (one) => one !== from && !this.talks.some((talk) => talk.from === from && talk.to === one),
      )
      const to = this.#random.pick(others.slice(first))
      if (from && to) this.talks.push(new Talk(from, to))
    }
  }

  #at(index: number): Person {
    const person = this.people[index]
    if (!person) throw new Error(`there is no person ${index}`)
    return person
  }
}

function deviceOf(index: number): PersonOptions['device'] {
  return index % callBackEvery === callBackEvery - 1 ? 'callback' : 'stream'
}

function reportOf(lies: readonly string[]): string {
  const more = lies.length > 12 ? `\n… and ${lies.length - 12} more` : ''
  return `\n${lies.slice(0, 12).join('\n')}${more}`
}

/** Does `work` for all, a few at a time. */
async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = all.entries()
  const lane = async (): Promise<void> => {
    for (const [index, one] of left) results[index] = await work(one)
  }
  await Promise.all(Array.from({ length: signOnsAtOnce }, lane))
  return results
}

/** Tries again, as a person does, until the deadline. */
async function retried(deadline: AbortSignal, what: string, work: () => Promise<void>): Promise<void> {
  while (!(await unlessFaulty(work))) {
    if (deadline.aborted) throw new Error(`in vain until the deadline: ${what}`)
  }
}
