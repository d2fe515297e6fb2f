import { header, type LogicalUrl, parseLogicalUrl } from '@parley/protocol'
import { RequestRefusedError, TransportError } from './client-error.ts'
import type { RvpTransport, RvpTransportResponse } from './transport.ts'

/** Somebody whom the server knows. */
export interface FoundPerson {
  readonly node: LogicalUrl
  /** The IM address, for people. */
  readonly address: string
  readonly displayName: string
  readonly mail: string | undefined
  /** What else the server shows, by name. */
  readonly attributes: Readonly<Record<string, string>>
}

export interface FoundPeople {
  /** Best first. */
  readonly people: readonly FoundPerson[]
  /** Whether there are more than were asked for. */
  readonly more: boolean
}

/** Whom to look for; all must fit. */
export interface PeopleSearchQuery {
  /** Beginnings of words of the name, mail address or alias. */
  readonly text: string
  /** The same of what else people can be found by, e.g. `department`. */
  readonly criteria?: Readonly<Record<string, string>>
  /** 1 to 100; 20 when absent. */
  readonly limit?: number
}

const root = '/.parley/people'

/** Asks the server of an IM domain for people (docs/search.md). Rejects with TransportError and RequestRefusedError. */
export async function findPeople(
  transport: RvpTransport,
  domain: string,
  { text, criteria = {}, limit }: PeopleSearchQuery,
): Promise<FoundPeople> {
  const query = new URLSearchParams({ ...criteria, ...(text !== '' && { q: text }) })
  if (limit !== undefined) query.set('limit', `${limit}`)
  const response = await get(transport, `http://${domain}${root}?${query}`)
  if (response.status !== 200) throw refusal(response)
  return parsed(response, (answer) => ({
    people: listOf(answer.people).map(readPerson),
    more: answer.more === true,
  }))
}

/** Who has an address such as `anna@im.example.com`; undefined when nobody has, or nobody whom the caller may find. Rejects as `findPeople`. */
export async function personNamed(
  transport: RvpTransport,
  domain: string,
  address: string,
): Promise<FoundPerson | undefined> {
  const response = await get(transport, `http://${domain}${root}/${encodeURIComponent(address)}`)
  if (response.status === 404) return undefined
  if (response.status !== 200) throw refusal(response)
  return parsed(response, readPerson)
}

async function get(transport: RvpTransport, url: string): Promise<RvpTransportResponse> {
  return await transport.send({ method: 'GET', url, headers: [['Accept', 'application/json']] })
}

/** The problem that the server tells (RFC 9457), if it is one that we can read. */
function refusal(response: RvpTransportResponse): RequestRefusedError {
  let detail: string | undefined
  try {
    const problem = recordOf(JSON.parse(response.body))
    if (typeof problem.detail === 'string') detail = problem.detail
  } catch {
    // A proxy, or a server without a search, says it in other words.
  }
  return new RequestRefusedError('GET', response.status, response.header(header.requestId), detail)
}

function parsed<T>({ body }: RvpTransportResponse, read: (answer: Readonly<Record<string, unknown>>) => T): T {
  try {
    return read(recordOf(JSON.parse(body)))
  } catch (error) {
    throw new TransportError('protocol', 'the answer to the search cannot be read', { cause: error })
  }
}

function readPerson(value: unknown): FoundPerson {
  const { href, address, displayName, mail, attributes } = recordOf(value)
  return {
    node: parseLogicalUrl(textOf(href)),
    address: textOf(address),
    displayName: textOf(displayName),
    mail: mail === undefined ? undefined : textOf(mail),
    attributes: Object.fromEntries(Object.entries(recordOf(attributes)).map(([name, text]) => [name, textOf(text)])),
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new TypeError('not an object')
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new TypeError('not a list')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError('not a text')
}
