import type { Clock } from '@parley/domain'
import type { LdapReply } from './ldap-reply.ts'

/** Replies to one request, in order, for the one who waits for them. */
export class ReplyQueue {
  readonly #clock: Clock
  readonly #replies: LdapReply[] = []
  #at = 0
  #failure: Error | undefined
  #waiting: PromiseWithResolvers<LdapReply> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  push(reply: LdapReply): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(reply)
    else this.#replies.push(reply)
  }

  /** Nothing more comes, for this reason; what has come can still be had. */
  fail(reason: Error): void {
    this.#failure ??= reason
    this.#waiting?.reject(reason)
    this.#waiting = undefined
  }

  /** The next reply. When none comes in time, `onTimeout` must see to it that the queue fails. */
  async next(timeoutMs: number, onTimeout: () => void): Promise<LdapReply> {
    const reply = this.#replies[this.#at]
    if (reply) {
      this.#at += 1
      if (this.#at === this.#replies.length) this.#forget()
      return reply
    }
    if (this.#failure) throw this.#failure
    this.#waiting = Promise.withResolvers()
    const { promise } = this.#waiting
    const cancel = this.#clock.after(timeoutMs, onTimeout)
    try {
      return await promise
    } finally {
      cancel()
    }
  }

  #forget(): void {
    this.#replies.length = 0
    this.#at = 0
  }
}
