import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openInChromium } from './browser/chromium.ts'
import { ParleyServer } from './parley-server.ts'
import { temporaryFolder } from './work-folder.ts'

/** A server that answers everything with one word. */
async function answering(word: string): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: Server = createServer((_, response) => response.end(`<p>${word}</p>`)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('the proxy auto-configuration in a browser', () => {
  it('keeps IM off the web proxy, and nothing else', async () => {
    await using proxy = await answering('proxy')
    await using web = await answering('web')
    await using folder = await temporaryFolder('pac')
    const config = join(folder.path, 'parley.yaml')
    await writeFile(config, JSON.stringify({ pac: { proxies: [`127.0.0.1:${proxy.port}`] } }))
    await using server = await ParleyServer.start({
      users: [{ name: 'alice', password: 'secret' }],
      flags: ['--config', config],
    })
    const options = [
      `--proxy-pac-url=http://127.0.0.1:${server.port}/proxy.pac`,
      '--host-resolver-rules=MAP *.example.com 127.0.0.1',
    ]
    const shown = (host: string) => openInChromium(`http://${host}:${web.port}/`, options)
    expect(await shown('im.example.com')).toContain('<p>web</p>')
    expect(await shown('www.example.com')).toContain('<p>proxy</p>')
  })
})
