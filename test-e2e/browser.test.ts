import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInChromium } from './browser/chromium.ts'

/** A body and its meaning, from the folder of test vectors. */
interface Vector {
  readonly direction: 'read' | 'write'
  readonly kind: string
  readonly name: string
  readonly xml: string
  readonly value: unknown
}

const protocol = join(import.meta.dirname, '../packages/protocol')

function readVectors(direction: 'read' | 'write'): Vector[] {
  const folder = join(protocol, 'vectors', direction)
  return readdirSync(folder).flatMap((kind) =>
    readdirSync(join(folder, kind))
      .filter((file) => file.endsWith('.xml'))
      .map((file) => {
        const [path, name] = [join(folder, kind, file), file.replace(/\.xml$/, '')]
        const value: unknown = JSON.parse(readFileSync(path.replace(/xml$/, 'json'), 'utf8'))
        return { direction, kind, name, xml: readFileSync(path, 'utf8'), value }
      }),
  )
}

/** The files of the page; a module is the source itself without its types. */
function answerTo(path: string, vectors: readonly Vector[]): { type: string; body: string } | undefined {
  if (path === '/')
    return { type: 'text/html', body: readFileSync(join(import.meta.dirname, 'browser/page.html'), 'utf8') }
  const type = 'text/javascript'
  if (path === '/vectors.js') return { type, body: `export const vectors = ${JSON.stringify(vectors)}` }
  const [, name] = /^\/protocol\/(src\/[a-z-]+\.ts|tests\/run-vectors\.ts)$/.exec(path) ?? []
  return name === undefined ? undefined : { type, body: stripped(join(protocol, name)) }
}

function stripped(path: string): string {
  return stripTypeScriptTypes(readFileSync(path, 'utf8'))
}

describe('packages/protocol in a browser', () => {
  it('reads and writes every test vector as it does in Node, from the same source', async () => {
    const vectors = [...readVectors('read'), ...readVectors('write')]
    const server = createServer((request, response) => {
      const answer = answerTo(request.url ?? '', vectors)
      response.writeHead(answer ? 200 : 404, { 'Content-Type': answer?.type ?? 'text/plain' }).end(answer?.body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const dom = await openInChromium(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const [, results = '', browser] = /<body>\s*(\S+) from ([^<]+)/.exec(dom) ?? []
      expect(browser).toContain('Chrome')
      const found: unknown = JSON.parse(decodeURIComponent(results))
      expect(found).toEqual(vectors.map(({ direction, xml, value }) => (direction === 'read' ? value : xml)))
      expect(vectors.length).toBeGreaterThan(20)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
