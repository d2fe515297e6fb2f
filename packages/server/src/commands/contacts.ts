import { readFile, writeFile } from 'node:fs/promises'
import type { Argv, CommandModule } from 'yargs'
import { printableLine } from '../chat/printable.ts'
import type { CommandBody } from '../command-body.ts'
import {
  type ContactFileFormat,
  contactFileFormats,
  defaultEncoding,
  readContactFile,
  writeContactFile,
} from '../contacts/contact-file.ts'
import { ContactsError } from '../contacts/contacts-error.ts'
import { type DomainMap, mapProfile, parseDomainMap } from '../contacts/domain-map.ts'
import {
  type Assignment,
  assignProfiles,
  chooseProfile,
  importList,
  joinProfiles,
} from '../contacts/import-profiles.ts'
import { type OpenContacts, openServedContacts, openStoredContacts } from '../contacts/open-contacts.ts'
import { type Profile, profileOf, shownNode } from '../contacts/profile.ts'
import { addCommand, findCommand } from './contacts-find.ts'
import { type SignInArguments, signInOf, signInOptions } from './sign-in-options.ts'

/** `parley contacts`: finds people, and carries contact lists between Exchange IM's `.reg` files and the lists that the server keeps. */
export const contactsCommand: CommandBody = {
  builder: (yargs) =>
    yargs
      .command(findCommand)
      .command(addCommand)
      .command(importCommand)
      .command(exportCommand)
      .demandCommand(1, 'Say find, add, import or export; "parley contacts find --help" tells more.'),
  handler: () => undefined,
}

/** Where lists are kept, and how they are written. */
interface ContactsArguments extends SignInArguments {
  readonly as: string | undefined
  readonly data: string | undefined
  readonly users: string | undefined
  readonly domain: string | undefined
  readonly 'map-domain': string[]
  readonly encoding: string
}

interface ImportArguments extends ContactsArguments {
  readonly files: string[]
  readonly profile: string | undefined
  readonly 'dry-run': boolean
}

interface ExportArguments extends ContactsArguments {
  readonly file: string | undefined
  readonly format: ContactFileFormat
}

const importCommand: CommandModule<object, ImportArguments> = {
  command: 'import <files..>',
  describe: 'Add the contacts in .reg, CSV or JSON files to the lists that the server keeps',
  builder: (yargs) =>
    contactsOptions(
      yargs
        .positional('files', { type: 'string', array: true, demandOption: true, describe: 'Files to read' })
        .option('profile', { type: 'string', requiresArg: true, describe: 'Which profile, when the file has several' })
        .option('dry-run', { type: 'boolean', default: false, describe: 'Only say what would happen' }),
    )
      .example('$0 contacts import my.reg --as alice@im.example.com', 'a user, for herself')
      .example(
        '$0 contacts import *.reg --data /var/lib/parley --users users.yaml --domain im.example.com',
        'the administrator, for all, while the server is stopped',
      )
      .epilog('Nothing is taken from a list: contacts that are there stay, under the name that they have.'),
  handler: async (args) => {
    if (args.as === undefined && args.users === undefined) throw new ContactsError('--data needs --users and --domain')
    const map = parseDomainMap(args['map-domain'])
    const found = await Promise.all(args.files.map((path) => readProfiles(path, args.encoding)))
    const profiles = joinProfiles(found.flat().map((profile) => mapProfile(profile, map)))
    await using contacts = await openContacts(args, args['dry-run'])
    for (const assignment of assignmentsFor(args, contacts, profiles)) {
      process.stdout.write(
        `${shownNode(assignment.user)}: ${await importText(contacts, assignment, args['dry-run'])}\n`,
      )
    }
  },
}

const exportCommand: CommandModule<object, ExportArguments> = {
  command: 'export [file]',
  describe: 'Write the lists that the server keeps to a file, which "import" reads again',
  builder: (yargs) =>
    contactsOptions(
      yargs
        .positional('file', { type: 'string', describe: 'File to write; standard output when absent' })
        .option('format', {
          choices: contactFileFormats,
          default: 'reg' as const,
          describe: 'reg: version 5, UTF-16; regedit4: for Windows 98 and NT 4, in --encoding',
        }),
    )
      .example('$0 contacts export my.reg --as alice@im.example.com', 'a user, for herself')
      .example(
        '$0 contacts export all.csv --format csv --data /var/lib/parley',
        'everybody, while the server is stopped',
      ),
  handler: async (args) => {
    const map = parseDomainMap(args['map-domain'])
    await using contacts = await openContacts(args, true)
    const profiles = await Promise.all(contacts.users.map((user) => exportProfile(contacts, user, map)))
    const bytes = writeContactFile(profiles, args.format, args.encoding)
    if (args.file === undefined) process.stdout.write(bytes)
    else await writeFile(args.file, bytes, { mode: 0o600 })
    const count = profiles.reduce((sum, { list }) => sum + list.contacts.length, 0)
    process.stderr.write(`${count} contacts of ${profiles.length} users\n`)
  },
}

function contactsOptions<T>(yargs: Argv<T>) {
  return signInOptions(yargs)
    .option('data', { type: 'string', normalize: true, describe: 'Store of a stopped server, instead of --as' })
    .option('users', { type: 'string', normalize: true, describe: 'Users file: whose lists, with --data' })
    .option('domain', { type: 'string', requiresArg: true, describe: 'IM domain of these users, with --data' })
    .option('map-domain', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'OLD=NEW: users and contacts in OLD are now in NEW; may be repeated',
    })
    .option('encoding', { type: 'string', default: defaultEncoding, describe: 'Code page of REGEDIT4 files' })
    .conflicts('as', ['data', 'users', 'domain'])
    .check(({ as, data }) => (as === undefined) !== (data === undefined) || 'Say either --as ADDRESS or --data DIR.')
}

async function readProfiles(path: string, encoding: string): Promise<readonly Profile[]> {
  try {
    const { profiles, ignored } = readContactFile(await readFile(path), encoding)
    note(ignored.map((what) => `${path}: ${what}`))
    return profiles
  } catch (cause) {
    if (cause instanceof ContactsError) throw new ContactsError(`${path}: ${cause.message}`, { cause })
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === undefined) throw cause
    throw new ContactsError(`${path} cannot be read (${code})`, { cause })
  }
}

async function openContacts(args: ContactsArguments, readOnly: boolean): Promise<OpenContacts> {
  const { as, data, users, domain } = args
  if (as === undefined) return await openStoredContacts({ data: data ?? '', users, domain, readOnly })
  return await openServedContacts(await signInOf({ ...args, as }))
}

function assignmentsFor(
  args: ImportArguments,
  { users }: OpenContacts,
  profiles: readonly Profile[],
): readonly Assignment[] {
  const [self] = users
  if (args.as !== undefined && self) return [{ user: self, list: chooseProfile(profiles, self, args.profile).list }]
  const chosen = args.profile === undefined ? profiles : [chooseProfile(profiles, profiles[0]?.user, args.profile)]
  const { assignments, notes } = assignProfiles(chosen, users)
  note(notes)
  return assignments
}

async function exportProfile({ book }: OpenContacts, user: Profile['user'], map: DomainMap): Promise<Profile> {
  const ignored: string[] = []
  const profile = profileOf(user, await book.read(user), (href) => ignored.push(href))
  note(ignored.map((href) => `${shownNode(user)}: ${JSON.stringify(href)} names no contact and is left out`))
  return mapProfile(profile, map)
}

/** What became of one user's list; a list that cannot be written must not keep others from theirs. */
async function importText({ book, users }: OpenContacts, assignment: Assignment, dryRun: boolean): Promise<string> {
  try {
    const { added, changed, unchanged } = await importList(book, assignment, dryRun)
    if (dryRun) return `would add ${added}, change ${changed}, leave ${unchanged} as they are`
    return `${added} added, ${changed} changed, ${unchanged} unchanged`
  } catch (error) {
    if (!(error instanceof ContactsError) || users.length === 1) throw error
    process.exitCode = 1
    return `not imported: ${error.message}`
  }
}

const maxNotes = 20

function note(sentences: readonly string[]): void {
  for (const sentence of sentences.slice(0, maxNotes)) process.stderr.write(`note: ${printableLine(sentence)}\n`)
  if (sentences.length > maxNotes) process.stderr.write(`note: and ${sentences.length - maxNotes} more of the kind\n`)
}
