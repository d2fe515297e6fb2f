import type { Argv } from 'yargs'

/** The options that say what a server is to be, for each command that reads its configuration (ServeFlags). */
export function serveOptions<T>(yargs: Argv<T>) {
  return yargs
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
}
