import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { makeBundle } from './bundle.ts'
import { KnownSecrets } from './known-secrets.ts'
import { jsonFile } from './part.ts'
import { Redaction } from './redaction.ts'

it('takes secrets out of every file, of their names and of the manifest', async () => {
  const secrets = new KnownSecrets()
  secrets.add('Winter2026!')
  const told: string[] = []
  const { archive, names, failed } = await makeBundle(
    [
      { what: 'log of Winter2026!', collect: async () => [jsonFile('logs/Winter2026!.log', { text: 'Winter2026!' })] },
      { what: 'more', collect: () => Promise.reject(new Error('cannot read /app/Winter2026!, which "x" names')) },
    ],
    { redaction: new Redaction(secrets, undefined), now: 0, tell: (line) => told.push(line) },
  )
  const text = execFileSync('tar', ['-xzOf', '-'], { input: archive, encoding: 'utf8' })
  expect(text).toContain('"logs/[secret].log"')
  expect(`${text} ${names} ${JSON.stringify(failed)} ${told}`).not.toContain('Winter2026!')
})
