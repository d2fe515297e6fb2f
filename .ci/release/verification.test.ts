import { execFile } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Envelope, signedBytes } from './envelope.ts'
import { provenance } from './provenance.ts'
import { artifactOf, checksums } from './release-files.ts'
import { verifyRelease } from './verification.ts'

const archive = 'parley-1.2.0-linux-amd64.tar.gz'
const chart = 'parley-1.2.0.tgz'
const statementFile = 'parley-1.2.0-linux-amd64.intoto.json'
const origin = { version: '1.2.0', revision: 'c0ffee', builder: 'urn:test', nodeVersion: '26.10.0', lockFiles: [] }
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const others = generateKeyPairSync('ec', { namedCurve: 'P-256' })
let folder = ''

const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

function envelope(statement: string, key: KeyObject, algorithm: string | null = 'sha256'): Envelope {
  const sig = sign(algorithm, signedBytes(statement), key).toString('base64')
  const payload = Buffer.from(statement).toString('base64')
  return { payloadType: 'application/vnd.in-toto+json', payload, signatures: [{ sig }] }
}

function putEnvelope(content: Envelope): void {
  write(`${statementFile}l`, `${JSON.stringify(content)}\n`)
}

/** What an attacker can make anew without the key. */
async function sumUp(): Promise<void> {
  write('SHA256SUMS', checksums(await Promise.all([archive, chart].map((name) => artifactOf(folder, name)))))
}

async function findings(key: KeyObject = keys.publicKey): Promise<readonly string[]> {
  return (await verifyRelease(folder, key)).findings
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-verification-test-'))
  write(archive, 'an image')
  write(chart, 'a chart')
  const artifacts = await Promise.all([archive, chart].map((name) => artifactOf(folder, name)))
  const statement = JSON.stringify(provenance(artifacts, origin))
  write(statementFile, `${statement}\n`)
  putEnvelope(envelope(statement, keys.privateKey))
  await sumUp()
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a release', () => {
  it('is good as it was made, and tells what it is', async () => {
    expect(await verifyRelease(folder, keys.publicKey)).toEqual({
      findings: [],
      release: { version: '1.2.0', revision: 'c0ffee', builder: 'urn:test', files: 2 },
    })
  })

  it('is good without what is not signed', async () => {
    rmSync(join(folder, 'SHA256SUMS'))
    rmSync(join(folder, statementFile))
    expect(await findings()).toEqual([])
  })

  it('is refused when a file was replaced, and the checksums with it', async () => {
    write(archive, 'an evil image')
    await sumUp()
    expect(await findings()).toEqual([
      'SHA256SUMS does not say what was signed',
      `${archive} is not the file that was signed`,
    ])
  })

  it('is refused when two files have changed places', async () => {
    renameSync(join(folder, archive), join(folder, 'other'))
    renameSync(join(folder, chart), join(folder, archive))
    renameSync(join(folder, 'other'), join(folder, chart))
    expect(await findings()).toEqual([
      `${archive} is not the file that was signed`,
      `${chart} is not the file that was signed`,
    ])
  })

  it('is refused when a file is missing', async () => {
    rmSync(join(folder, chart))
    expect(await findings()).toEqual([`${chart} is missing`])
  })

  it('is refused when there is one file more', async () => {
    write('parley-1.2.1-linux-amd64.tar.gz', 'an evil image')
    mkdirSync(join(folder, 'more'))
    expect(await findings()).toEqual(['more was not signed', 'parley-1.2.1-linux-amd64.tar.gz was not signed'])
  })

  it('is refused when a link stands for a file: what it leads to may change', async () => {
    rmSync(join(folder, chart))
    writeFileSync(`${folder}.chart`, 'a chart')
    symlinkSync(`${folder}.chart`, join(folder, chart))
    expect(await findings()).toEqual([`${chart} is no plain file`])
    rmSync(`${folder}.chart`)
  })

  it('is refused when what repeats the statement unsigned says something else', async () => {
    write('SHA256SUMS', read('SHA256SUMS').toUpperCase())
    write(statementFile, read(statementFile).replace('urn:test', 'urn:evil'))
    expect(await findings()).toEqual([
      'SHA256SUMS does not say what was signed',
      `${statementFile} does not say what was signed`,
    ])
  })
})

describe('the statement about a release', () => {
  const text = () => read(statementFile).trim()

  it('is refused when it was signed with another key', async () => {
    expect(await findings(others.publicKey)).toEqual([`${statementFile}l is not signed with this key`])
    putEnvelope(envelope(text(), others.privateKey))
    expect(await findings()).toEqual([`${statementFile}l is not signed with this key`])
  })

  it('is refused when it was changed after it had been signed', async () => {
    write(archive, 'an evil image')
    const { sha256 } = await artifactOf(folder, archive)
    const evil = text().replace(/[0-9a-f]{64}/, sha256)
    putEnvelope({ ...envelope(text(), keys.privateKey), payload: Buffer.from(evil).toString('base64') })
    expect(await findings()).toEqual([`${statementFile}l is not signed with this key`])
  })

  it('is refused when nobody signed it', async () => {
    putEnvelope({ ...envelope(text(), keys.privateKey), signatures: [] })
    expect(await findings()).toEqual([`${statementFile}l is not signed with this key`])
  })

  it('is good when one of several signatures is', async () => {
    const good = envelope(text(), keys.privateKey)
    const { signatures } = envelope(text(), others.privateKey)
    putEnvelope({ ...good, signatures: [...signatures, ...good.signatures] })
    expect(await findings()).toEqual([])
  })

  it('is refused when it is not there, not alone or not readable', async () => {
    write('second.intoto.jsonl', 'no JSON')
    expect(await findings()).toEqual([`there must be one signed statement (*.intoto.jsonl), and here are 2`])
    rmSync(join(folder, `${statementFile}l`))
    expect(await findings()).toEqual(['second.intoto.jsonl is no signed statement'])
    rmSync(join(folder, 'second.intoto.jsonl'))
    expect(await findings()).toEqual([`there must be one signed statement (*.intoto.jsonl), and here are 0`])
  })

  it.each([
    ['is about something else', { predicateType: 'https://example.com/other' }],
    ['names no files', { subject: [] }],
    ['names a file elsewhere', { subject: [{ name: '../key', digest: { sha256: 'a'.repeat(64) } }] }],
    ['gives no digest', { subject: [{ name: archive, digest: {} }] }],
  ])('is refused when it %s, though it is signed', async (_what, change) => {
    putEnvelope(envelope(JSON.stringify({ ...JSON.parse(text()), ...change }), keys.privateKey))
    expect(await findings()).toEqual([`${statementFile}l is not about the files of a release`])
  })

  it('may be signed with keys of other kinds', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    putEnvelope(envelope(text(), rsa.privateKey))
    expect(await findings(rsa.publicKey)).toEqual([])
    const ed25519 = generateKeyPairSync('ed25519')
    putEnvelope(envelope(text(), ed25519.privateKey, null))
    expect(await findings(ed25519.publicKey)).toEqual([])
  })
})

describe('the command', () => {
  const verify = (...words: string[]) =>
    new Promise<{ readonly code: number | string; readonly output: string }>((resolve) => {
      execFile(
        process.execPath,
        [join(import.meta.dirname, '../verify-release.ts'), ...words],
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` }),
      )
    })
  const keyFile = () => {
    const file = `${folder}.pub`
    writeFileSync(file, keys.publicKey.export({ type: 'spki', format: 'pem' }))
    return file
  }

  afterEach(() => rmSync(`${folder}.pub`, { force: true }))

  it('says what is good', async () => {
    const { code, output } = await verify('--key', keyFile(), folder)
    expect(output).toBe('good: Parley 1.2.0, commit c0ffee, built by urn:test; 2 files\n')
    expect(code).toBe(0)
  })

  it('fails for what is not, and names it', async () => {
    write(archive, 'an evil image')
    await sumUp()
    const { code, output } = await verify('--key', keyFile(), folder)
    expect(output).toBe(
      `SHA256SUMS does not say what was signed\n${archive} is not the file that was signed\nREFUSED: use none of these files\n`,
    )
    expect(code).toBe(1)
  })

  it('says how it is used', async () => {
    expect(await verify('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--key <file>') })
    expect(await verify(folder)).toMatchObject({ code: 2 })
    expect(await verify('--key', join(folder, archive), folder)).toMatchObject({ code: 2 })
    expect(await verify('--key', keyFile(), `${folder}-none`)).toMatchObject({ code: 2 })
    expect(readdirSync(folder)).toHaveLength(5)
  })
})
