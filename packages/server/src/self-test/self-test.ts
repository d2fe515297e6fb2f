import { setTimeout } from 'node:timers/promises'
import { RequestRefusedError, type RvpClient, type RvpClientEvent } from '@parley/client'
import type { Clock } from '@parley/domain'
import type { LogicalUrl, PresenceState } from '@parley/protocol'
import { printableLine } from '../chat/printable.ts'
import { SelfTestError, type SelfTestPlace, SelfTestTimeoutError, selfTestProblem } from './self-test-error.ts'

/** Somebody who takes part. */
export interface SelfTestPerson {
  /** For people: `alice@im.example.com`. */
  readonly address: string
  /** Signs the person in as a device of its own. Rejects as `connect`. */
  readonly signIn: () => Promise<RvpClient>
}

/** One step, and what became of it. */
export interface SelfTestStep {
  readonly step: string
  readonly seconds: number
  /** Why it failed, and what to look at; absent when it did not. */
  readonly problem?: string
}

export interface SelfTestOptions {
  readonly server: string
  readonly people: readonly [SelfTestPerson, SelfTestPerson]
  /** For each step. */
  readonly timeoutMs: number
  /** Makes a text that nobody else sends. */
  readonly token: () => string
  readonly clock: Pick<Clock, 'elapsed'>
  /** Hears each step when it is over. */
  readonly onStep: (step: SelfTestStep) => void
}

const betweenTriesMs = 1_000
/** A state that nobody has after signing in. */
const shownState: PresenceState = 'busy'

/**
 * Has two people do once what people do: sign in, see each other, and talk. Stops at the first step that fails; in any case both
 * sign off, which ends their subscriptions. Resolves with whether all steps were good.
 */
export async function selfTest(options: SelfTestOptions): Promise<boolean> {
  const clients: RvpClient[] = []
  const steps = new Steps(options)
  try {
    const [first, second] = options.people
    const one = await steps.signIn(first, clients)
    const two = await steps.signIn(second, clients)
    const watching = 'is each home held? See "parley status"'
    await steps.run('watch each other', watching, () => watchEachOther([first, one], [second, two]))
    for (const [from, sender, to, receiver] of [
      [first, one, second, two],
      [second, two, first, one],
    ] as const) {
      const seeing = 'do the homes hear each other? See "parley status", and nats.problem and home.silent in their logs'
      await steps.run(`${to.address} sees that ${from.address} is ${shownState}`, seeing, (signal) =>
        seeState(sender, receiver, signal),
      )
      const talking = `does the stream of ${to.address} get through? A proxy must not hold answers back`
      await steps.run(`${from.address} sends ${to.address} a message`, talking, (signal) =>
        sendMessage([sender, receiver], to.address, options.token(), signal),
      )
    }
    await steps.run('sign off', 'does the server still answer?', () => signOff(clients))
    return true
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error
    return false
  } finally {
    // NOTE: what a failed step has left; signing off twice is harmless.
    await signOff(clients)
  }
}

async function signOff(clients: readonly RvpClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.signOff()))
}

/** A step failed, and that has been told. */
class StepFailedError extends Error {}

class Steps {
  readonly #options: SelfTestOptions

  constructor(options: SelfTestOptions) {
    this.#options = options
  }

  async signIn({ address, signIn }: SelfTestPerson, clients: RvpClient[]): Promise<RvpClient> {
    const place = { hint: 'does the server answer? See its /readyz, and firewalls in between', signingIn: address }
    return await this.run(`${address} signs in`, place, async (signal) => {
      const client = await signIn()
      // NOTE: it came too late for this run.
      if (signal.aborted) await client.signOff()
      clients.push(client)
      return client
    })
  }

  /** `where`: what to look at when it takes too long, or more. */
  async run<T>(
    step: string,
    where: string | Omit<SelfTestPlace, 'server'>,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, clock, onStep, server } = this.#options
    const place = { server, ...(typeof where === 'string' ? { hint: where } : where) }
    const signal = AbortSignal.timeout(timeoutMs)
    let refusal: RequestRefusedError | undefined
    const late = new Promise<never>((_, reject) => {
      const timeout = new SelfTestTimeoutError(`not within ${timeoutMs / 1000} s`)
      signal.addEventListener('abort', () => reject(refusal ?? timeout))
    })
    const refused = (error: RequestRefusedError | undefined): void => {
      refusal = error
    }
    const startedAt = clock.elapsed()
    const seconds = (): number => Math.round(clock.elapsed() - startedAt) / 1_000
    try {
      const result = await Promise.race([insist(() => work(signal), signal, refused), late])
      onStep({ step, seconds: seconds() })
      return result
    } catch (error) {
      const problem = selfTestProblem(error, place)
      if (problem === undefined) throw error
      onStep({ step, seconds: seconds(), problem: printableLine(problem) })
      throw new StepFailedError()
    }
  }
}

/** What a client does who is told to come later (503), as while homes change hands. Rejects for any other reason. */
async function insist<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  refused: (error: RequestRefusedError | undefined) => void,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RequestRefusedError) || error.status !== 503 || signal.aborted) throw error
      refused(error)
    }
    await setTimeout(betweenTriesMs, undefined, { signal })
    refused(undefined)
  }
}

type Taking = readonly [SelfTestPerson, RvpClient]

async function watchEachOther(one: Taking, two: Taking): Promise<void> {
  for (const [[watcher, client], [{ address }, { self }]] of [
    [one, two],
    [two, one],
  ] as const) {
    const state = await client.watch(self).catch(blindIfForbidden)
    if (state === undefined || state === 'offline') {
      throw new SelfTestError(
        `${watcher.address} does not see that ${address} is signed in: does ${address} block ${watcher.address}?`,
      )
    }
  }
}

/** A server may also answer that the watcher may not watch. */
function blindIfForbidden(error: unknown): undefined {
  if (!(error instanceof RequestRefusedError && error.status === 403)) throw error
}

async function seeState(sender: RvpClient, receiver: RvpClient, signal: AbortSignal): Promise<void> {
  const seen = heard(receiver, signal, (event) => isState(event, sender.self))
  await sender.setState(shownState)
  await seen
}

function isState(event: RvpClientEvent, node: LogicalUrl): boolean {
  return event.type === 'presence' && event.node === node && event.state === shownState
}

async function sendMessage(
  [sender, receiver]: readonly [RvpClient, RvpClient],
  address: string,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const text = `Self-test ${token}`
  const seen = heard(receiver, signal, (event) => event.type === 'message' && event.text.trim() === text)
  const outcome = await sender.send(receiver.self, text)
  if (outcome === 'forbidden')
    throw new SelfTestError(`${address} takes no messages from this sender (403): who is blocked?`)
  if (outcome !== 'delivered') {
    throw new SelfTestError(
      `the server says that ${address} is not available: look for notify.undelivered in the log of its home`,
    )
  }
  await seen
}

/** Resolves once `client` hears it; never, when `signal` aborts first. */
function heard(client: RvpClient, signal: AbortSignal, isIt: (event: RvpClientEvent) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = client.on((event) => {
      if (!isIt(event)) return
      stop()
      resolve()
    })
    signal.addEventListener('abort', stop)
  })
}
