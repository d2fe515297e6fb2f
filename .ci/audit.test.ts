import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Runs the audit against a registry of ours, on loopback, which answers every question in the same way. */
async function audit(answer: RequestListener): Promise<{ readonly code: number | string; readonly output: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    return await new Promise((resolve) => {
      const words = [join(import.meta.dirname, 'audit.ts'), '--registry', `http://127.0.0.1:${port}/`]
      execFile(process.execPath, words, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) =>
        resolve({ code: error?.code ?? 0, output: stdout }),
      )
    })
  } finally {
    server.close()
  }
}

const advisory = {
  id: 1,
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Anybody may do anything',
  severity: 'moderate',
  vulnerable_versions: '>0.0.0',
}

describe('the audit of packages', () => {
  it('fails for a weakness of a package that is in the image', async () => {
    const { code, output } = await audit((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ zod: [advisory] }))
    })
    expect(output).toMatch(
      /^zod [\d.]+: moderate, GHSA-aaaa-bbbb-cccc, Anybody may do anything\n1 advisories, 1 to deal with/,
    )
    expect(code).toBe(1)
  }, 60_000)

  it('fails for one of which there is much to say', async () => {
    const { code, output } = await audit((_request, response) => {
      const title = 'very bad '.repeat(200_000)
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ zod: [{ ...advisory, title }] }))
    })
    expect(output.slice(-40)).toMatch(/\n1 advisories, 1 to deal with\n$/)
    expect(code).toBe(1)
  }, 60_000)

  it('fails for one that has no number but an address', async () => {
    const { code, output } = await audit((_request, response) => {
      const url = 'https://example.com/weaknesses/1'
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ zod: [{ ...advisory, url }] }))
    })
    expect(output).toMatch(/^zod [\d.]+: moderate, https:\/\/example\.com\/weaknesses\/1, Anybody may do anything\n/)
    expect(code).toBe(1)
  }, 60_000)

  it('fails when there is more to say than it takes in, and says so', async () => {
    const { code, output } = await audit((_request, response) => {
      const title = 'very bad '.repeat(8_000_000)
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ zod: [{ ...advisory, title }] }))
    })
    expect(output).toMatch(/^AUDIT FAILED: .*ENOBUFS/)
    expect(code).toBe(1)
  }, 60_000)

  it('fails for an answer that pnpm cannot read', async () => {
    const { code, output } = await audit((_request, response) => {
      const answer = { zod: [{ ...advisory, severity: 7 }] }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
    expect(output).toMatch(/^AUDIT FAILED: .*unexpected body/)
    expect(code).toBe(1)
  }, 60_000)

  it('passes when there is none', async () => {
    const { code, output } = await audit((_request, response) => {
      response.setHeader('content-type', 'application/json').end('{}')
    })
    expect(output).toBe('0 advisories, 0 to deal with\n')
    expect(code).toBe(0)
  }, 60_000)

  it('says so, and passes, when the registry answers no such questions', async () => {
    const { code, output } = await audit((_request, response) => {
      response.writeHead(405).end()
    })
    expect(output).toMatch(/^NOT AUDITED: the registry gave no report\. .*405/)
    expect(code).toBe(0)
  }, 60_000)
})
