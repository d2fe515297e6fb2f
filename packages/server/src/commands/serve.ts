import type { CommandBody } from '../command-body.ts'
import { composeServe } from '../compose-serve.ts'
import { prepareDemo } from '../demo.ts'
import { loadServeConfig, type ServeFlags } from '../load-config.ts'
import { runUntil } from '../run-until.ts'
import { serveOptions } from '../serve-options.ts'

interface ServeArguments extends ServeFlags {
  readonly demo?: boolean | undefined
}

/** `parley serve`: one office in one process. */
export const serveCommand: CommandBody<ServeArguments> = {
  builder: (yargs) =>
    serveOptions(yargs)
      .option('demo', {
        type: 'boolean',
        describe: 'Fill in what is missing for a demonstration on loopback: domain, store and accounts',
      })
      .example('$0 serve --config /etc/parley/parley.yaml', 'all from a file; docs/configuration.md lists the settings')
      .example(
        '$0 serve --domain im.example.com --data /var/lib/parley --users users.yaml',
        'serve an office on 127.0.0.1:8080',
      ),
  handler: async (args) => {
    const stop = new AbortController()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
    const demo = args.demo ? await prepareDemo(args) : undefined
    const config = loadServeConfig(demo?.flags ?? args)
    const node = composeServe(config)
    await runUntil(
      stop.signal,
      {
        start: async () => {
          await node.start()
          process.stdout.write(demo?.welcome(node.urls[0] ?? '') ?? '')
          process.stdout.write(node.urls.map((url) => `ready ${url}\n`).join(''))
        },
        leave: () => node.leave(),
        drain: (deadline) => node.drain(deadline),
        [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
      },
      { leaveMs: config.leaveSeconds * 1000, graceMs: config.drainSeconds * 1000 },
    )
  },
}
