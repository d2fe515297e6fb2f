import { isPresenceState, type PresenceState } from '@parley/protocol'

/** What a line of input asks for. Names are as typed. */
export type ChatLine =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'msg'; readonly name: string; readonly text: string }
  | { readonly kind: 'to' | 'remove' | 'block' | 'allow'; readonly name: string }
  | { readonly kind: 'add'; readonly name: string; readonly displayName: string }
  | { readonly kind: 'state'; readonly state: PresenceState }
  | { readonly kind: 'help' | 'contacts' | 'quit' | 'nothing' }
  | { readonly kind: 'mistake'; readonly reason: string }

/** The commands, in the order of the help, with their arguments. */
export const chatCommands = {
  help: ['', 'this list'],
  contacts: ['', 'your contacts and their states'],
  add: ['NAME [DISPLAY NAME]', 'put somebody on your contact list'],
  remove: ['NAME', 'take somebody off it'],
  msg: ['NAME TEXT', 'send a message'],
  to: ['NAME', 'plain lines go to NAME from now on'],
  state: ['STATE', 'online, busy, away, back-soon, on-phone, at-lunch, idle, invisible or offline'],
  block: ['NAME', 'let somebody neither see nor message you'],
  allow: ['NAME', 'undo /block'],
  quit: ['', 'sign off'],
} as const

type CommandName = keyof typeof chatCommands

/** Reads a line of input: a command, or text for the current recipient; `//` begins text that begins with a slash. */
export function parseChatLine(line: string): ChatLine {
  const text = line.trim()
  if (text === '') return { kind: 'nothing' }
  if (!text.startsWith('/')) return { kind: 'say', text }
  if (text.startsWith('//')) return { kind: 'say', text: text.slice(1) }
  const [, word = '', rest = ''] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? []
  const name = word.toLowerCase()
  if (!isCommand(name)) return { kind: 'mistake', reason: `there is no /${word}; /help lists what there is` }
  return parseArguments(name, rest)
}

function parseArguments(command: CommandName, rest: string): ChatLine {
  const [, name = '', text = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? []
  const usage: ChatLine = { kind: 'mistake', reason: `usage: /${command} ${chatCommands[command][0]}`.trim() }
  switch (command) {
    case 'help':
    case 'contacts':
    case 'quit':
      return rest === '' ? { kind: command } : usage
    case 'to':
    case 'remove':
    case 'block':
    case 'allow':
      return name !== '' && text === '' ? { kind: command, name } : usage
    case 'add':
      return name === '' ? usage : { kind: command, name, displayName: text }
    case 'msg':
      return name === '' || text === '' ? usage : { kind: command, name, text }
    case 'state':
      if (isPresenceState(rest.toLowerCase())) return { kind: command, state: rest.toLowerCase() as PresenceState }
      return { kind: 'mistake', reason: `states are ${chatCommands.state[1]}` }
  }
}

/** What may follow at the end of `line`: commands, names, or states. */
export function completionsOf(line: string, names: readonly string[], states: readonly string[]): string[] {
  const [, command = '', space = '', rest = ''] = /^(\/\S*)(\s*)(.*)$/s.exec(line) ?? []
  if (command === '') return []
  if (space === '') {
    return Object.keys(chatCommands)
      .map((name) => `/${name} `)
      .filter((name) => name.startsWith(command))
  }
  const name = command.slice(1)
  if (!isCommand(name) || /\s/.test(rest)) return []
  const words = name === 'state' ? states : chatCommands[name][0].startsWith('NAME') ? names : []
  return words.filter((word) => word.startsWith(rest)).map((word) => `${command} ${word} `)
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(chatCommands, name)
}
