/** What a check found out. */
export interface Finding {
  /** `warn`: works for some, or not for long; `fail`: does not work. */
  readonly level: 'ok' | 'warn' | 'fail'
  /** What is so. */
  readonly what: string
  /** What to do about it, with the setting to change. */
  readonly todo?: string
}

export function ok(what: string): Finding {
  return { level: 'ok', what }
}

export function warn(what: string, todo: string): Finding {
  return { level: 'warn', what, todo }
}

export function fail(what: string, todo: string): Finding {
  return { level: 'fail', what, todo }
}

/** The first line of what an error says. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

/** A finding of a sentence of the form `what is so: what to do about it`, as our adapters say it. */
export function findingOf(level: 'warn' | 'fail', sentence: string, otherwise: string): Finding {
  const at = sentence.indexOf(': ')
  if (at < 0) return { level, what: sentence, todo: otherwise }
  return { level, what: sentence.slice(0, at), todo: sentence.slice(at + 2) }
}
