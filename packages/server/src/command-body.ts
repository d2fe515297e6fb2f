import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs'

/** What a command takes and does; its name stands in `command-list.ts`, with all others. */
export interface CommandBody<Arguments = object> {
  builder(yargs: Argv): Argv<Arguments> | PromiseLike<Argv<Arguments>>
  handler(args: ArgumentsCamelCase<Arguments>): void | Promise<void>
}

/**
 * A command that is loaded when it is asked for: all of them together take longer to load than a router takes to start, and
 * whoever needs one needs no other.
 */
export function lazily<Arguments>(
  command: string,
  describe: string,
  load: () => Promise<CommandBody<Arguments>>,
): CommandModule {
  return {
    command,
    describe,
    builder: async (yargs: Argv) => await (await load()).builder(yargs),
    // They are what the builder, which yargs called before, makes of the command line.
    handler: async (args) => await (await load()).handler(args as ArgumentsCamelCase<Arguments>),
  }
}
