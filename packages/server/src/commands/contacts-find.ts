import { type FoundPeople, type FoundPerson, findPeople, personNamed } from '@parley/client'
import { domainOf } from '@parley/protocol'
import type { Argv, CommandModule } from 'yargs'
import { ContactsError } from '../contacts/contacts-error.ts'
import { importList } from '../contacts/import-profiles.ts'
import { openSignedInUser, type SignedInUser } from '../contacts/open-contacts.ts'
import { shownNode } from '../contacts/profile.ts'
import { asked, servedContactBook } from '../contacts/served-contact-book.ts'
import { tableLines } from '../text-table.ts'
import { type SignInArguments, signInOf, signInOptions } from './sign-in-options.ts'

interface FindArguments extends SignInArguments {
  readonly as: string
  readonly words: string[]
  readonly where: string[]
  readonly limit: number
  readonly json: boolean
}

/** `parley contacts find`: people by the beginnings of words of their names. */
export const findCommand: CommandModule<object, FindArguments> = {
  command: 'find [words..]',
  describe: 'Find people by the beginnings of words of their name, mail address or alias',
  builder: (yargs) =>
    userOptions(yargs)
      .positional('words', { type: 'string', array: true, default: [], describe: 'All must fit, e.g. anna li' })
      .option('where', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'NAME=WORDS that must fit, too, e.g. department=sales; may be repeated',
      })
      .option('limit', { type: 'number', default: 20, describe: 'How many are shown, 1 to 100' })
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .example('$0 contacts find anna li --as alice@im.example.com', 'Anna Lindqvist, Annabel Li and the like')
      .example(
        '$0 contacts find --where office=oslo --as alice@im.example.com --json',
        'people of an office, for scripts',
      )
      .epilog('The exit code is 1 when nobody is found.'),
  handler: async (args) => {
    await using user = await openSignedInUser(await signInOf(args))
    const query = { text: args.words.join(' '), criteria: criteriaOf(args.where), limit: args.limit }
    const found = await asked(() => findPeople(user.transport, domainOf(user.self), query))
    process.stdout.write(args.json ? `${JSON.stringify(shown(found), undefined, 2)}\n` : await tableOf(found.people))
    if (found.people.length === 0) {
      process.exitCode = 1
      if (!args.json) process.stderr.write('nobody was found\n')
    }
    if (found.more) process.stderr.write(`more than ${found.people.length} fit: give more words, or a higher --limit\n`)
  },
}

interface AddArguments extends SignInArguments {
  readonly as: string
  readonly who: string[]
  readonly group: string[]
}

/** `parley contacts add`: puts people on the list that the server keeps. */
export const addCommand: CommandModule<object, AddArguments> = {
  command: 'add <who..>',
  describe: 'Add people to the list that the server keeps',
  builder: (yargs) =>
    userOptions(yargs)
      .positional('who', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Alias, IM address or mail address; or the words of a name that only one has, in quotes',
      })
      .option('group', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'Group of the list that they come into; may be repeated',
      })
      .example(
        '$0 contacts add bob "anna lind" --group Sales --as alice@im.example.com',
        'two more in the group Sales',
      ),
  handler: async (args) => {
    await using user = await openSignedInUser(await signInOf(args))
    const people: FoundPerson[] = []
    // All are known before the list is changed.
    for (const who of args.who) people.push(await asked(() => onlyOne(user, who)))
    // Without a name of one's own for them, clients show the directory's.
    const contacts = people.map(({ node }) => ({ href: node, displayName: '', groups: args.group }))
    const list = { groups: args.group, contacts }
    const { added, changed, unchanged } = await importList(
      servedContactBook(user.transport, user.self),
      { user: user.self, list },
      false,
    )
    process.stdout.write(await tableOf(people))
    process.stderr.write(`${shownNode(user.self)}: ${added} added, ${changed} changed, ${unchanged} unchanged\n`)
  },
}

/** The person whom a text names. Rejects with ContactsError when it is nobody, or several. */
async function onlyOne({ transport, self }: SignedInUser, who: string): Promise<FoundPerson> {
  const domain = domainOf(self)
  const named = /^[^\s/]+$/.test(who) ? await personNamed(transport, domain, who) : undefined
  if (named) return named
  const { people, more } = await findPeople(transport, domain, { text: who, limit: 5 })
  const [only, another] = exactly(who, people)
  if (only && !another) return only
  if (!only) throw new ContactsError(`nobody is found by ${who}; "parley contacts find" looks for beginnings of names`)
  const addresses = people.map(({ address }) => address).join(', ')
  throw new ContactsError(`${who} may be any of ${addresses}${more ? ' and others' : ''}: give the address`)
}

/** Those whose mail address it is, if there are any: it may be the beginning of others'. */
function exactly(who: string, people: readonly FoundPerson[]): readonly FoundPerson[] {
  const owners = people.filter(({ mail }) => mail?.toLowerCase() === who.toLowerCase())
  return owners.length > 0 ? owners : people
}

function userOptions(yargs: Argv) {
  return signInOptions(yargs).demandOption('as')
}

function criteriaOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new ContactsError(`--where needs NAME=WORDS, e.g. department=sales, not ${text}`)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

function shown({ people, more }: FoundPeople) {
  return { people: people.map(({ node, ...person }) => ({ href: node, ...person })), more }
}

async function tableOf(people: readonly FoundPerson[]): Promise<string> {
  const names = [...new Set(people.flatMap(({ attributes }) => Object.keys(attributes)))]
  const head = ['ADDRESS', 'DISPLAY NAME', 'MAIL', ...names.map((name) => name.toUpperCase())]
  const rows = people.map(({ address, displayName, mail = '', attributes }) => {
    return [address, displayName, mail, ...names.map((name) => attributes[name] ?? '')]
  })
  return (await Array.fromAsync(tableLines(head, rows))).join('')
}
