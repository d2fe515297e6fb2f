import type { LockoutPolicy } from '@parley/adapter-ldap'
import { type AttemptLimits, type Clock, defaultAttemptTimes } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import type { CredentialsConfig } from './credentials-config.ts'

/** What is configured of a directory's accounts, and who hears why more cannot be read, each time. */
export interface DirectoryPolicyOptions {
  readonly attempts: CredentialsConfig['attempts']
  readonly ntDomain: string | undefined
  readonly clock: Clock
  readonly onProblem: (reason: string) => void
}

/** What a directory tells of its accounts. */
export interface PolicyReader {
  readLockoutPolicy(): Promise<LockoutPolicy | undefined>
  readNtDomain(): Promise<string | undefined>
}

const minuteMs = 60_000
/** Where the directory locks nobody, guesses are bounded all the same. */
const unlockedTries = 10
const unknown = { tries: 3, windowMs: 30 * minuteMs } as const
const rereadMs = 60 * minuteMs
const retryMs = minuteMs

/** What the directory says of lockouts and names, read again each hour; until it is known, careful guesses stand for it. */
export class DirectoryPolicy {
  readonly #reader: PolicyReader | undefined
  readonly #attempts: CredentialsConfig['attempts']
  readonly #clock: Clock
  readonly #onProblem: (reason: string) => void
  #policy: LockoutPolicy | undefined
  #ntDomain: string | undefined
  #freshUntil = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  /** `reader` is absent where no account of ours may read. */
  constructor(reader: PolicyReader | undefined, { attempts, ntDomain, clock, onProblem }: DirectoryPolicyOptions) {
    this.#reader = reader
    this.#attempts = attempts
    this.#ntDomain = ntDomain
    this.#clock = clock
    this.#onProblem = onProblem
  }

  /** The Windows domain of the accounts, once it is known. */
  get ntDomain(): string | undefined {
    return this.#ntDomain
  }

  /** Reads what is not known, or not fresh. A directory that is away is asked again after a minute. */
  async refresh(): Promise<void> {
    if (this.#freshUntil > this.#clock.elapsed()) return
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  async limits(): Promise<AttemptLimits> {
    await this.refresh()
    return attemptLimits(this.#policy, this.#attempts)
  }

  async #read(): Promise<void> {
    try {
      this.#policy = (await this.#reader?.readLockoutPolicy()) ?? this.#policy
      this.#ntDomain ??= await this.#reader?.readNtDomain()
      this.#freshUntil = this.#clock.elapsed() + rereadMs
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      this.#freshUntil = this.#clock.elapsed() + retryMs
      this.#onProblem(error.message)
    }
  }
}

/**
 * How many tries stay below the directory's lockout: at most half of its threshold, as Redis may once forget them all, and two less than
 * it, which are the user's own elsewhere. What is configured wins, but never reaches the threshold.
 */
export function attemptLimits(
  policy: LockoutPolicy | undefined,
  { perAccount: configured, windowMinutes }: CredentialsConfig['attempts'],
): AttemptLimits {
  const threshold = policy?.threshold ?? 0
  const fitting = threshold > 0 ? Math.min(threshold - 2, Math.ceil(threshold / 2)) : unlockedTries
  const wanted = configured ?? (policy ? fitting : unknown.tries)
  const perAccount = Math.max(1, threshold > 0 ? Math.min(wanted, threshold - 1) : wanted)
  const asked = windowMinutes === undefined ? undefined : windowMinutes * minuteMs
  const windowMs = Math.max(asked ?? (policy ? 0 : unknown.windowMs), policy?.windowMs ?? 0)
  // NOTE: the directory counts from when it has seen a password, which is later than when the try was taken.
  return { perAccount, perAddress: Math.ceil(perAccount / 2), windowMs: windowMs + defaultAttemptTimes.settledMs }
}
