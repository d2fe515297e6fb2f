import type { Argv } from 'yargs'

/** The options of commands that only need to know the IM domains (DomainFlags). */
export function domainOptions<T>(yargs: Argv<T>) {
  return yargs
    .option('config', {
      type: 'string',
      normalize: true,
      describe: 'Configuration file, of a cluster or of "parley serve"',
    })
    .option('domain', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'IM domain, instead of those in the file; may be repeated',
    })
    .option('alias', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Other host name of the domain; may be repeated',
    })
}
