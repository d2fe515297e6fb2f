import { createServer, METHODS, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { damage, damaged, meantRequest, onWire } from './listener-generated-requests.ts'
import { RawPeer } from './listener-raw-peer.ts'
import { readRequests, type TakenRequest } from './listener-read-requests.ts'

let node: Server
let taken: TakenRequest[] = []

beforeAll(async () => {
  node = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    let body = ''
    request.setEncoding('latin1')
    request.on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => {
      const { rawHeaders } = request
      const headers = rawHeaders.flatMap((name, index) =>
        index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
      )
      taken.push({ method: request.method ?? '', target: request.url ?? '', headers, body })
      response.end()
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  node.listen(0, '127.0.0.1', resolve)
  await promise
})

afterAll(() => {
  node.closeAllConnections()
  node.close()
})

/** The requests that Node's own parser finds in `text` before it ends or is refused. */
async function takenByNode(text: string): Promise<TakenRequest[]> {
  taken = []
  await using peer = await RawPeer.connect((node.address() as AddressInfo).port)
  peer.send(text)
  peer.socket.end()
  await peer.toEnd()
  return taken
}

describe("the parser, beside Node's own", () => {
  it('takes the same requests from what both must know', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(meantRequest, { minLength: 1, maxLength: 3 }), async (meant) => {
        const text = meant.map((request) => onWire(request)).join('')
        expect(readRequests([text])).toMatchObject({ refused: undefined, requests: await takenByNode(text) })
      }),
      { numRuns: 300 },
    )
  })

  it('takes nothing from a damaged request that Node would not, nor takes it differently', async () => {
    const followed = 'NOTIFY /next HTTP/1.1\r\nHost: im\r\nContent-Length: 0\r\n\r\n'
    await fc.assert(
      fc.asyncProperty(meantRequest, fc.array(damage, { minLength: 1, maxLength: 2 }), async (meant, damages) => {
        const from = meant.method.length + 1
        const text = damages.reduce((text, one) => damaged(text, one, from), onWire(meant)) + followed
        const { requests } = readRequests([text])
        // We take methods that Node does not know, such as what a wrong length leaves of one; nothing is compared from there on.
        const unknown = requests.findIndex(({ method }) => !METHODS.includes(method))
        const ours = unknown === -1 ? requests : requests.slice(0, unknown)
        const theirs = await takenByNode(text)
        expect(theirs.slice(0, ours.length)).toEqual(ours)
      }),
      { numRuns: 500 },
    )
  })
})
