import type { NatsConnection } from '@nats-io/transport-node'

/** Messages that wait for a connection. NOTE: few, since whoever missed more asks the homes, and thin links must not see old news. */
const maxWaiting = 1_000
/** Messages that may be on their way at one time: what a server that hangs costs us in memory. */
const maxUnconfirmed = 10_000
/** After so many messages the server is asked to confirm them. */
const confirmEvery = 256

/** Sends without ever waiting or throwing: what has no room is dropped and counted. */
export class Outbox {
  readonly #waiting: { readonly subject: string; readonly message: string }[] = []
  #connection: NatsConnection | undefined
  #unasked = 0
  #asked = 0
  #lost = 0

  /** Sends now; without a connection it is kept for a while if `keep`, and is else forgotten. */
  send(subject: string, message: string, { keep }: { readonly keep: boolean }): void {
    if (this.#connection) this.#sendTo(this.#connection, subject, message)
    else if (keep && this.#waiting.length < maxWaiting) this.#waiting.push({ subject, message })
    else if (keep) this.#lost += 1
  }

  /** There is a connection: what waited goes first. */
  open(connection: NatsConnection): void {
    this.#connection = connection
    for (const { subject, message } of this.#waiting.splice(0)) this.#sendTo(connection, subject, message)
  }

  /** The connection is gone. */
  close(): void {
    this.#connection = undefined
    // NOTE: a confirmation that is still owed is how a server shows that it hung; else all has arrived but for a moment's.
    if (this.#asked > 0) this.#lost += this.#asked + this.#unasked
    this.#asked = 0
    this.#unasked = 0
  }

  /** How many messages were lost since this was asked last, at most. */
  takeLost(): number {
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  #sendTo(connection: NatsConnection, subject: string, message: string): void {
    if (this.#asked + this.#unasked >= maxUnconfirmed) {
      this.#lost += 1
      return
    }
    try {
      connection.publish(subject, message)
    } catch {
      // NOTE: closed a moment ago, or the server takes only shorter messages.
      this.#lost += 1
      return
    }
    this.#unasked += 1
    if (this.#unasked >= confirmEvery) this.#confirm(connection)
  }

  #confirm(connection: NatsConnection): void {
    const asked = this.#unasked
    this.#unasked = 0
    this.#asked += asked
    const confirmed = () => {
      if (this.#connection === connection) this.#asked -= asked
    }
    connection.flush().then(confirmed, () => undefined)
  }
}
