/** One line of the IRC protocol as a client hears it (RFC 2812). */
export interface IrcLine {
  /** Nick of whoever sent it, or the server's name. */
  readonly from: string
  readonly command: string
  readonly parameters: readonly string[]
}

/** Reads one line, given without its line end. */
export function parseIrcLine(line: string): IrcLine {
  const [, prefix = '', command = '', rest = ''] = /^(?::(\S+) )?(\S+) ?(.*)$/.exec(line) ?? []
  const trailing = /(?:^| ):(.*)$/.exec(rest)
  const middle = (trailing ? rest.slice(0, trailing.index) : rest).split(' ').filter((word) => word !== '')
  return {
    from: prefix.replace(/!.*$/, ''),
    command,
    parameters: trailing ? [...middle, trailing[1] ?? ''] : middle,
  }
}

/** The inside of a CTCP message such as `\x01TYPING 1\x01`; undefined when `text` is none. */
export function parseCtcp(text: string): string | undefined {
  return /^\x01([^\x01]*)\x01?$/.exec(text)?.[1]
}
