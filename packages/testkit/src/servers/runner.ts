/** What a server needs to run, whichever way it runs. */
export interface ServerSetup {
  /** In messages, and the end of the image's name: `redis`, `nats`, `slapd` … */
  readonly product: string
  readonly program: string
  readonly programArguments: readonly string[]
  /** Its files by name, in the folder that it works in. Written once: what it changes, it finds again after a restart. */
  readonly files: Readonly<Record<string, string>>
}

/** One server that runs at most once at a time, again and again on the same files. Disposing of it removes everything. */
export interface Runner extends AsyncDisposable {
  readonly from: 'docker' | 'program'
  /** Starts it; it need not answer yet. */
  start(): Promise<void>
  /** The end of its log if it does not run, else undefined. */
  obituary(): Promise<string | undefined>
  kill(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
}
