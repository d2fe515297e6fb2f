import type { ClusterConfig } from './cluster-config.ts'
import { runUntil, type ServerNode } from './run-until.ts'

/** A node of a cluster, as its command runs it. */
export interface ClusterNode extends ServerNode {
  /** Where clients connect, one URL a listener; known once started. */
  readonly urls: readonly string[]
  /** Takes over what may change while it runs: the cluster's keys. Throws, and keeps the old ones then. */
  reload(changed: ClusterConfig): void
}

/** Runs a node of a cluster until SIGTERM or SIGINT; SIGHUP makes it read its configuration again. Says `ready` on stdout. Part of `main`: nobody else hears signals. */
export async function runNode(
  readConfig: () => ClusterConfig,
  compose: (config: ClusterConfig) => ClusterNode,
): Promise<void> {
  const config = readConfig()
  const node = compose(config)
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  process.on('SIGHUP', () => {
    try {
      node.reload(readConfig())
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
      leave: () => node.leave(),
      drain: (deadline) => node.drain(deadline),
      [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
    },
    { leaveMs: config.leaveSeconds * 1000, graceMs: config.drainSeconds * 1000 },
  )
}
