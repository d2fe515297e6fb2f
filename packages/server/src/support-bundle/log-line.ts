import type { Redaction } from './redaction.ts'

type Kind = 'keep' | 'text' | 'quoting' | 'subject' | 'name' | 'address'

/** What is done with a field of our log: kept, or redacted as what it is. Others are left out: they are none of ours. */
const fields: Readonly<Record<string, Kind>> = {
  ...of('keep', 'level time event reqId role method status durationMs hops epoch attempts attempt count outcome why'),
  ...of(
    'keep',
    'read added changed renamed removed users groups problems waiting phase done expected devices state tellsChanges',
  ),
  ...of('keep', 'home homes domain direction traceId spanId isHeard isReachable subscriptionId'),
  ...of('text', 'message reason detail what url urls clusterUrl holder server file err'),
  subject: 'subject',
  ...of('name', 'principal node account watcher user origin self'),
  ...of('address', 'peer'),
}

/** Of an error, with its message, stack and cause. */
const errorFields = ['type', 'name', 'code', 'status', 'message', 'stack', 'cause', 'publicMessage', 'aggregateErrors']

const longest = 4_000
/** Of Node itself: stacks, and how it says that it ends. */
const stackFrame = /^\s+at [\w$<>.[\] ]*\(?(?:file:\/\/|node:|\/)[^\s()]+\)?$/
const ending = /^(?:parley: |Node\.js v\d|FATAL ERROR: |<--- |\[\d+:0x)/

/** One line of a log without what its readers must not see. A line that is none of ours becomes a note of its length. */
export function redactLogLine(line: string, redaction: Redaction): string {
  const record = parsed(line)
  if (record) return JSON.stringify(redactedRecord(record, redaction))
  if (stackFrame.test(line) || ending.test(line)) return redaction.text(line.slice(0, longest))
  return line.trim() === '' ? '' : `${redaction.leftOut('unknown line')} (${line.length} characters)`
}

function parsed(line: string): Record<string, unknown> | undefined {
  // NOTE: container runtimes put a time, and words of their own, before each line.
  const at = line.indexOf('{')
  if (at < 0) return undefined
  try {
    const value: unknown = JSON.parse(line.slice(at))
    return typeof value === 'object' && value !== null && 'event' in value ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function redactedRecord(record: Record<string, unknown>, redaction: Redaction): Record<string, unknown> {
  return redactedFields(record, (field) => kindOf(field, record), redaction)
}

/** NOTE: what others call their fields may tell as much as what is in them. */
function redactedFields(
  record: object,
  kindOf: (field: string) => Kind | undefined,
  redaction: Redaction,
): Record<string, unknown> {
  let unknown = 0
  const all = Object.entries(record).map(([field, value]): [string, unknown] => {
    const kind = kindOf(field)
    if (kind !== undefined) return [field, redactedField(kind, value, redaction)]
    unknown += 1
    return [`field-${unknown}`, redaction.leftOut('unknown field')]
  })
  return Object.fromEntries(all)
}

function kindOf(field: string, { event }: Record<string, unknown>): Kind | undefined {
  // What is wrong with an entry of the directory quotes it.
  if (event === 'sync.problem' && field === 'message') return 'quoting'
  return Object.hasOwn(fields, field) ? fields[field] : undefined
}

function redactedField(kind: Kind, value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'string') return redactedText(kind, value.slice(0, longest), redaction)
  if (Array.isArray(value)) return value.map((one) => redactedField(kind, one, redaction))
  return redactedFields(value as object, (name) => (errorFields.includes(name) ? 'text' : undefined), redaction)
}

function redactedText(kind: Kind, text: string, redaction: Redaction): string {
  switch (kind) {
    case 'keep':
      // An id or a word of ours, or it is none of those.
      return /^[\w.:+-]{1,80}$/.test(text) ? text : redaction.text(text)
    case 'quoting':
      return redaction.quoting(text)
    case 'subject':
      return redaction.subject(text)
    case 'name':
      return redaction.name(text)
    case 'address':
      return redaction.address(text)
    default:
      return redaction.text(text)
  }
}

function of(kind: Kind, names: string): Record<string, Kind> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]))
}
