import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parley } from './run-parley.ts'
import { TemporaryOffice } from './temporary-office.ts'

const regFile = `Windows Registry Editor Version 5.00

[HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Profiles\\http://im.old.example/instmsg/aliases/Alice\\Contacts]
"http://im.old.example/instmsg/aliases/Bob"="Bob"
`
const mapping = ['--map-domain', 'im.old.example=im.example.com']

describe('parley contacts', { timeout: 60_000 }, () => {
  it('imports into a served list and exports it again', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const [from, to] = [office.file('from.reg'), office.file('to.reg')]
    writeFileSync(from, Buffer.from(`\ufeff${regFile}`, 'utf16le'))
    const server = await office.serve()
    const self = ['--as', 'alice@im.example.com', '--server', server, '--password-stdin']

    const tried = await parley(['contacts', 'import', from, '--dry-run', ...mapping, ...self], 'alice\n')
    expect(tried.stdout).toBe('alice@im.example.com: would add 1, change 0, leave 0 as they are\n')
    const imported = await parley(['contacts', 'import', from, ...mapping, ...self], 'alice\n')
    expect(imported).toEqual({ code: 0, stdout: 'alice@im.example.com: 1 added, 0 changed, 0 unchanged\n', stderr: '' })
    const exported = await parley(['contacts', 'export', to, ...self], 'alice\n')
    expect(exported.code).toBe(0)
    expect(readFileSync(to, 'utf16le')).toContain('"http://im.example.com/instmsg/aliases/bob"="Bob"\r\n')
    const again = await parley(['contacts', 'import', to, ...self], 'alice\n')
    expect(again.stdout).toBe('alice@im.example.com: 0 added, 0 changed, 1 unchanged\n')

    const refused = await parley(['contacts', 'export', ...self], 'wrong\n')
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('this password') })
    const data = office.file('data')
    const inUse = await parley(['contacts', 'export', '--data', data])
    expect(inUse).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by another process') })
  })

  it('imports for many into the store of a stopped server, which then serves them', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const from = office.file('from.reg')
    writeFileSync(from, `${regFile}\n${regFile.split('\n\n')[1]?.replace('Alice', 'Zoe')}`)
    const store = ['--data', office.file('data'), '--users', office.file('users.yaml'), '--domain', office.domain]
    const imported = await parley(['contacts', 'import', from, ...mapping, ...store])
    expect(imported.stdout).toBe('alice@im.example.com: 1 added, 0 changed, 0 unchanged\n')
    expect(imported.stderr).toBe('note: zoe@im.example.com is no user here; its 1 contacts are left out\n')
    const server = await office.serve()
    const self = ['--as', 'alice@im.example.com', '--server', server, '--password-stdin']
    const exported = await parley(['contacts', 'export', '--format', 'csv', ...self], 'alice\n')
    expect(exported.stdout).toContain('aliases/alice,http://im.example.com/instmsg/aliases/bob,Bob,')
  })
})

describe('parley doctor', { timeout: 60_000 }, () => {
  it('prints a line a check, and exits with 1 when one fails', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const config = ['--data', office.file('data'), '--users', office.file('users.yaml'), '--listen', '127.0.0.1:0']
    const fine = await parley(['doctor', '--domain', 'localhost', ...config])
    expect(fine.code).toBe(0)
    for (const line of fine.stdout.trimEnd().split('\n')) expect(line).toMatch(/^(?:ok {2}|warn) {2}\S/)
    const broken = await parley(['doctor', '--domain', 'local/host', ...config])
    expect(broken.code).toBe(1)
    expect(broken.stdout).toMatch(/^FAIL {2}domains\[0\].name: .* — mend/)
  })
})
