import {
  parseAccessList,
  parseLogicalUrl,
  parseMultistatus,
  parseNotification,
  parsePropertyUpdate,
  parsePropfind,
  parseSubscriptions,
  writeAccessList,
  writeMessage,
  writeMultistatus,
  writePropNotification,
  writeSubscriptions,
} from '../src/index.ts'

/** A body and its meaning, from the folder of test vectors. */
export interface Vector {
  readonly direction: 'read' | 'write'
  readonly kind: string
  readonly name: string
  readonly xml: string
  readonly value: unknown
}

const readers = new Map<string, (body: string) => unknown>([
  ['access-list', (body) => parseAccessList(body, parseLogicalUrl)],
  ['multistatus', parseMultistatus],
  ['notification', parseNotification],
  ['property-update', parsePropertyUpdate],
  ['propfind', parsePropfind],
  ['subscriptions', parseSubscriptions],
])

// biome-ignore lint/suspicious/noExplicitAny: each vector has the shape that its writer takes
const writers = new Map<string, (value: any) => string>([
  ['access-list', (list) => writeAccessList(list, (node) => node)],
  ['message', writeMessage],
  ['multistatus', ({ href, propstats }) => writeMultistatus(href, propstats)],
  ['propnotification', writePropNotification],
  ['subscriptions', writeSubscriptions],
])

/** What becomes of each vector here: the meaning that was read, or the XML that was written. Runs in a browser, too. */
export function runVectors(vectors: readonly Vector[]): unknown[] {
  return vectors.map(({ direction, kind, xml, value }) =>
    direction === 'read' ? readers.get(kind)?.(xml) : writers.get(kind)?.(value),
  )
}
