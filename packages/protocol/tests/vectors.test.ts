import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
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

const folder = new URL('../vectors/', import.meta.url)

function vectors(direction: 'read' | 'write'): { kind: string; name: string; xml: string; value: unknown }[] {
  const kinds = readdirSync(new URL(direction, folder))
  return kinds.flatMap((kind) => {
    const files = readdirSync(new URL(`${direction}/${kind}`, folder)).filter((file) => file.endsWith('.xml'))
    return files.map((file) => {
      const path = new URL(`${direction}/${kind}/${file}`, folder)
      const value: unknown = JSON.parse(readFileSync(new URL(path.href.replace(/xml$/, 'json')), 'utf8'))
      return { kind, name: file.replace(/\.xml$/, ''), xml: readFileSync(path, 'utf8'), value }
    })
  })
}

describe('test vectors', () => {
  it.each(vectors('read'))('reads $kind/$name', ({ kind, xml, value }) => {
    const meaning = readers.get(kind)?.(xml)
    expect(JSON.parse(JSON.stringify(meaning))).toEqual(value)
  })

  it.each(vectors('write'))('writes $kind/$name', ({ kind, xml, value }) => {
    expect(writers.get(kind)?.(value)).toBe(xml)
  })
})
