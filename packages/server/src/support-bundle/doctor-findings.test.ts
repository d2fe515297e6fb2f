import { expect, it } from 'vitest'
import { clusterConfig } from '../cluster-config.ts'
import { fail, findingOf, ok, warn } from '../doctor/finding.ts'
import { redactFindings } from './doctor-findings.ts'
import { KnownSecrets } from './known-secrets.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { Redaction } from './redaction.ts'

const schema: unknown = clusterConfig.toJSONSchema({ io: 'input' })
const redact = (
  findings: Parameters<typeof redactFindings>[0],
  pseudonyms: Pseudonyms | undefined = new Pseudonyms(),
) => redactFindings(findings, schema, new Redaction(new KnownSecrets(), pseudonyms))

const sentence = 'mail is "Carol: Stone (sick)", which is no mail address, and is not used: correct it'
const finding = findingOf('warn', sentence, 'mend the entry')

it('tells nothing of what an entry of the directory has, wherever the sentence about it was cut', () => {
  expect(redact([finding, ok('for instance Carol Stone, carol@im.example.com: may sign in as carol')])).toEqual([
    { level: 'warn', what: 'mail is [left out: name], which is no mail address, and is not used: correct it' },
  ])
})

it('keeps all of it with names', () => {
  const findings = [finding, ok('for instance Carol Stone')]
  expect(redactFindings(findings, schema, new Redaction(new KnownSecrets(), undefined))).toEqual(findings)
})

it.each([undefined, new Pseudonyms()])('keeps of what is no YAML only where that is', (pseudonyms) => {
  const redaction = new Redaction(new KnownSecrets(), pseudonyms)
  const told = (message: string) =>
    redactFindings([fail(`/a/b.yaml is not YAML: ${message}`, 'mend /a/b.yaml')], schema, redaction)
  expect(told('Missing closing quote at line 7, column 1:; file: "Winter2026! x; ^;')).toEqual([
    { level: 'fail', what: '/a/b.yaml is not YAML: [left out: setting] at line 7, column 1', todo: 'mend /a/b.yaml' },
  ])
  expect(told('Unresolved alias (the anchor must be set before the alias): hunter2')).toEqual([
    { level: 'fail', what: '/a/b.yaml is not YAML: [left out: setting]', todo: 'mend /a/b.yaml' },
  ])
})

it('keeps settings, and what to do', () => {
  const findings = [
    warn('cannot read /a/b, which "redis.passwordFile" names', 'mend that file, or the setting'),
    ok('Node 26.10.0'),
  ]
  expect(redact(findings)).toEqual(findings)
})
