import { runUntil, type ServerNode } from './run-until.ts'

/** A node of a cluster, as its command runs it. */
export interface ClusterNode extends ServerNode {
  /** Where clients connect, one URL a listener; known once started. */
  readonly urls: readonly string[]
  /** Reads what may change while it runs: the cluster's keys. Throws, and keeps the old ones then. */
  reload(): void
}

/** Runs a node of a cluster until SIGTERM or SIGINT; says `ready` on stdout. Part of `main`: nobody else hears signals. */
export async function runNode(node: ClusterNode, drainSeconds: number): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  process.on('SIGHUP', () => {
    try {
      node.reload()
    } catch (err) {
      process.stderr.write(`parley: ${err instanceof Error ? err.message : 'the keys cannot be read'}\n`)
    }
  })
  await runUntil(
    stop.signal,
    {
      start: async () => {
        await node.start()
        process.stdout.write(node.urls.map((url) => `ready ${url}\n`).join('') || 'ready\n')
      },
      drain: (deadline) => node.drain(deadline),
      [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
    },
    drainSeconds * 1000,
  )
}
