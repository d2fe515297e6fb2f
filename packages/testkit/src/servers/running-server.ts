/** A real server that a test has started, and can kill, hold and start again. Disposing of it leaves nothing behind. */
export interface RunningServer extends AsyncDisposable {
  readonly host: string
  /** Stays the same over a restart. */
  readonly port: number
  /** As its clients write it, e.g. `redis://127.0.0.1:21034`. */
  readonly url: string
  /** What it runs from. */
  readonly from: 'docker' | 'program'
  /** Ends it with no chance to say good-bye (SIGKILL), also while it is paused; what it has written stays. Idempotent. */
  kill(): Promise<void>
  /** Stops it from doing anything while its connections stay open, as a machine does that hangs. Idempotent. */
  pause(): Promise<void>
  /** Lets it go on. Idempotent. */
  resume(): Promise<void>
  /** Kills it if it runs, and starts it on the same port and data. Resolves once it answers. */
  restart(): Promise<void>
}
