import type { Finding } from '../doctor/finding.ts'
import { redactedJson } from './redacted-json.ts'
import type { Redaction } from './redaction.ts'

/**
 * What the doctor found, for others than administrators. Findings about entries of the directory quote them; `schema` tells which
 * quotations are settings, which stay.
 */
export function redactFindings(findings: readonly Finding[], schema: unknown, redaction: Redaction): unknown {
  const told = findings.map((finding) => ({ ...finding, what: withoutLines(finding.what, redaction) }))
  if (redaction.keepsNames) return redactedJson(told, redaction)
  const { properties = {} } = schema as { readonly properties?: object }
  const isSetting = (quoted: string): boolean => {
    const [section = '', ...below] = quoted.slice(1, -1).split('.')
    return Object.hasOwn(properties, section) && below.length > 0 && below.every((name) => /^\w+$/.test(name))
  }
  return told.flatMap(({ level, what, todo = '' }) => {
    // NOTE: samples of people, which the doctor shows to administrators.
    if (what.startsWith('for instance ')) return []
    // NOTE: together, as one sentence may have been cut into both, within a quotation.
    const [first = '', ...rest] = redaction.quoting(`${what}\n${todo}`, isSetting).split('\n')
    const last = rest.join(' ')
    return [{ level, what: first, ...(last !== '' && { todo: last }) }]
  })
}

/** NOTE: what cannot be read as YAML is quoted, whatever it is, and its secrets are not known then. */
function withoutLines(what: string, redaction: Redaction): string {
  const [, sentence, mistake = ''] = /^(.* is not YAML: )(.*)$/s.exec(what) ?? []
  if (sentence === undefined) return what
  const [place = ''] = / at line \d+, column \d+/.exec(mistake) ?? []
  return `${sentence}${redaction.leftOut('setting')}${place}`
}
