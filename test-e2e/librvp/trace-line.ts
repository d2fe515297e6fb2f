/** The final answer that librvp got to one of its requests; the 401 before it is not one. */
export interface TracedAnswer {
  readonly method: string
  /** Alias of the node that the request was for. */
  readonly node: string
  readonly status: number
}

/** One presence of a contact that librvp was told in a NOTIFY or an answer, changed or not. */
export interface TracedPresence {
  readonly contact: string
  /** State as RVP spells it. */
  readonly state: string
}

/** Reads `rvp_async_data: got a 200 response to 0x5652f10c3080 SUBSCRIBE instmsg/aliases/bob`. */
export function parseTracedAnswer(line: string): TracedAnswer | undefined {
  const found = /rvp_async_data: got a (\d+) response to \S+ (\S+) instmsg\/aliases\/(\S+)/.exec(line)
  if (!found || found[1] === '401') return undefined
  return { method: found[2] ?? '', node: found[3] ?? '', status: Number(found[1]) }
}

/** Reads `rvp_set_buddy_status: bob@127.0.0.1 is busy`. */
export function parseTracedPresence(line: string): TracedPresence | undefined {
  const found = /rvp_set_buddy_status: ([^@ ]+)@\S+ is (\S+)/.exec(line)
  return found ? { contact: found[1] ?? '', state: found[2] ?? '' } : undefined
}
