import { hash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsersFileError } from '@parley/adapter-file'
import { describe, expect, it } from 'vitest'
import yargs from 'yargs'
import { lazily } from '../command-body.ts'
import { createUserCommand } from './user.ts'

async function open() {
  const directory = await mkdtemp(join(tmpdir(), 'parley-user-'))
  const path = join(directory, 'users.yaml')

  /** Runs `parley user …` with `stdin`, and gives what it wrote. */
  async function user(command: string, stdin: string | Buffer = ''): Promise<{ output: string; errors: string }> {
    const output = new PassThrough()
    const errors = new PassThrough()
    const terminal = { input: Readable.from([Buffer.from(stdin)]), output, errors }
    await yargs()
      .command(lazily('user <command>', 'Accounts', async () => createUserCommand(terminal)))
      .strict()
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message)
      })
      .parseAsync(['user', ...command.split(' '), '--users', path])
    output.end()
    errors.end()
    return { output: await text(output), errors: await text(errors) }
  }

  return {
    path,
    user,
    list: async () => JSON.parse((await user('list --json')).output),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

describe('parley user', () => {
  it('adds users who can be listed, enabled, disabled and removed', async () => {
    await using cli = await open()
    await cli.user('add alice --password-stdin --enable --display-name Alice --mail alice@example.com', 'secret\n')
    await cli.user('add bob --password-stdin', 'secret\n')
    const schemes = ['digest', 'ntlm', 'basic']
    const alice = { name: 'alice', enabled: true, displayName: 'Alice', mail: 'alice@example.com', schemes }
    const bob = { name: 'bob', enabled: false, displayName: 'bob', schemes }
    expect(await cli.list()).toEqual([alice, bob])
    await cli.user('disable alice')
    await cli.user('enable bob')
    expect(await cli.list()).toEqual([
      { ...alice, enabled: false },
      { ...bob, enabled: true },
    ])
    await cli.user('remove alice')
    expect((await cli.user('list')).output).toBe(
      'NAME  STATE    DISPLAY NAME  MAIL  SCHEMES\nbob   enabled  bob           -     digest ntlm basic\n',
    )
  })

  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret', 'secret'],
    [' two  words \nmore\n', ' two  words '],
  ])('takes the first line of standard input as the password, but for its end: %j', async (stdin, password) => {
    await using cli = await open()
    await cli.user('add alice --password-stdin', stdin)
    const ha1 = hash('md5', `alice:parley:${password}`)
    expect(await readFile(cli.path, 'utf8')).toContain(`alice: ${ha1}`)
  })

  it('sets the IM password alone, and makes domains known', async () => {
    await using cli = await open()
    await cli.user('add alice --password-stdin', 'first\n')
    await cli.user('add bob --password-stdin', 'first\n')
    const { errors } = await cli.user(
      'passwd alice --only im --password-stdin --nt-domain CORP --domain a.example',
      'é',
    )
    expect(errors).toContain('these users need "passwd" again: bob')
    expect(errors).toContain('outside ASCII')
    const file = await readFile(cli.path, 'utf8')
    for (const spelling of ['CORP\\alice', 'alice@a.example']) {
      expect(file).toContain(hash('md5', `${spelling}:parley:é`))
    }
  })

  it.each([
    ['an empty password', 'add alice --password-stdin', '\n', 'no password on its first line'],
    ['a password that is not UTF-8', 'add alice --password-stdin', Buffer.from([0xff, 0x0a]), 'is not in UTF-8'],
    ['no way to give a password', 'add alice', '', 'use --password-stdin'],
    ['a user who is not there', 'enable nobody', '', 'does not exist; make it with: parley user add'],
  ])('refuses %s', async (_, command, stdin, message) => {
    await using cli = await open()
    const refusal = await cli.user(command, stdin).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsersFileError)
    expect(String(refusal)).toContain(message)
  })

  it('takes no password as an argument', async () => {
    await using cli = await open()
    await expect(cli.user('add alice --password secret')).rejects.toThrow('Unknown argument')
    await expect(cli.user('add alice secret')).rejects.toThrow('Unknown')
  })

  it('says how to begin when there are no users', async () => {
    await using cli = await open()
    expect((await cli.user('list')).errors).toContain('parley user add')
  })
})
