import type { CommandModule } from 'yargs'
import { composeServe } from '../compose-serve.ts'
import { withDemo } from '../demo.ts'
import { loadServeConfig, type ServeFlags } from '../load-config.ts'
import { runUntil } from '../run-until.ts'

interface ServeArguments extends ServeFlags {
  readonly demo?: boolean | undefined
}

/** `parley serve`: one office in one process. */
export const serveCommand: CommandModule<object, ServeArguments> = {
  command: 'serve',
  describe: 'Serve one office from one process, with an embedded store',
  builder: (yargs) =>
    yargs
      .option('config', {
        type: 'string',
        normalize: true,
        describe: 'YAML file with the configuration; flags win over it',
      })
      .option('domain', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'IM domain, e.g. im.example.com; may be repeated',
      })
      .option('alias', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'Other host name of the domain, e.g. the SRV target',
      })
      .option('listen', {
        type: 'string',
        array: true,
        nargs: 1,
        describe: 'ADDRESS:PORT to take requests on [default: 127.0.0.1:8080]',
      })
      .option('tls-cert', {
        type: 'string',
        normalize: true,
        describe: 'PEM certificate chain: makes --listen speak TLS',
      })
      .option('tls-key', { type: 'string', normalize: true, describe: 'PEM private key' })
      .option('data', { type: 'string', normalize: true, describe: 'Directory of the embedded store' })
      .option('users', {
        type: 'string',
        normalize: true,
        describe: 'Users file; make accounts with "parley user add"',
      })
      .option('admin', { type: 'string', describe: 'ADDRESS:PORT of /healthz, /readyz and /metrics' })
      .option('log-level', {
        choices: ['debug', 'info', 'warn', 'error', 'silent'] as const,
        describe: 'Log level [default: info]',
      })
      .option('insecure-ntlmv1', {
        type: 'boolean',
        describe: 'Allow LM/NTLMv1, which librvp and Net::RVP need for NTLM',
      })
      .option('insecure-loopback-callbacks', { type: 'boolean', describe: 'Allow Call-Backs to loopback addresses' })
      .option('insecure-plain-http', { type: 'boolean', describe: 'Allow plain HTTP on public addresses' })
      .option('demo', {
        type: 'boolean',
        describe: 'Fill in what is missing for a demonstration on loopback: domain, store and accounts',
      })
      .example(
        '$0 serve --domain im.example.com --data /var/lib/parley --users users.yaml',
        'serve an office on 127.0.0.1:8080',
      ),
  handler: async (args) => {
    const stop = new AbortController()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
    const flags = args.demo ? await withDemo(args) : args
    const config = loadServeConfig(flags)
    const node = composeServe(config)
    await runUntil(
      stop.signal,
      {
        start: async () => {
          await node.start()
          process.stdout.write(node.urls.map((url) => `ready ${url}\n`).join(''))
        },
        drain: (deadline) => node.drain(deadline),
        [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
      },
      config.drainSeconds * 1000,
    )
  },
}
