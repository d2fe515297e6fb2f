import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { ClusterConfig } from '../src/cluster-config.ts'
import { clusterBundleParts } from '../src/support-bundle/cluster-bundle-parts.ts'
import { KnownSecrets } from '../src/support-bundle/known-secrets.ts'
import { logPart, metricsPart } from '../src/support-bundle/process-parts.ts'
import { Redaction } from '../src/support-bundle/redaction.ts'
import { TemporaryOffice } from './temporary-office.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** What somebody shows who answers every path with `text`. */
async function collected(text: string): Promise<string> {
  const server = createServer((_, response) => response.end(text)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const [file] = await metricsPart(`http://eve:secret@127.0.0.1:${port}/elsewhere`, 1).collect()
    return file?.content ?? ''
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

it('takes metrics, and whether the process is well', async () => {
  const text = '# HELP a_total Things.\n# TYPE a_total counter\na_total{what="x y",why=""} 3\nb 1.5e-7\nc NaN'
  expect(await collected(text)).toBe(`# /healthz 200\n# /readyz 200\n${text}\n`)
})

it('takes nothing else from an address that shows something else', async () => {
  expect(await collected('<html>\n<p>who are you?</p>\nwelcome to the wiki\n{"token": "x"}')).toBe(
    '# /healthz 200\n# /readyz 200\n',
  )
})

it('takes an empty log for what it is', async () => {
  await using office = await TemporaryOffice.open()
  await writeFile(office.file('empty.log'), '')
  const part = logPart(office.file('empty.log'), 1, new Redaction(new KnownSecrets(), undefined))
  expect(await part.collect()).toEqual([{ name: 'logs/1-empty.log', content: '' }])
})

it('holds no secret that stands in the configuration where the file with it belongs', async () => {
  await using office = await TemporaryOffice.open()
  const config = office.file('cluster.yaml')
  const cluster = {
    domains: [{ name: office.domain }],
    cluster: { listen: '127.0.0.1:0', keys: [{ id: 'k1', file: 'Winter2026!' }] },
    redis: { url: 'redis://127.0.0.1:1', passwordFile: 'Geheim2026!' },
    nats: { servers: ['nats://127.0.0.1:1'], tokenFile: 'ab1!' },
  }
  await writeFile(config, JSON.stringify(cluster))
  const words = ['support-bundle', '--config', config, '--stdout']
  const input = execFileSync(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'ignore'] })
  const text = execFileSync('tar', ['-xzOf', '-'], { input, encoding: 'utf8' })
  expect(text).toContain('[secret], which')
  expect(text).not.toMatch(/Winter2026|Geheim2026|ab1!/)
})

it('names NATS servers without the password in their URLs', async () => {
  const nats = { servers: ['nats://parley:p/w0rd@127.0.0.1:1', 'nats://s3cr3ttok@127.0.0.1:1'] }
  const redaction = new Redaction(new KnownSecrets(), undefined)
  const parts = clusterBundleParts({ nats } as unknown as ClusterConfig, redaction, undefined)
  const files = await parts.find(({ what }) => what.includes('NATS'))?.collect()
  expect(files?.[0]?.content).toContain('127.0.0.1:1')
  expect(files?.[0]?.content).not.toMatch(/w0rd|s3cr3t/)
})

it('reads a log from standard input and writes to standard output, as a container without a shell wants it', async () => {
  await using office = await TemporaryOffice.open(['alice'])
  const config = office.file('parley.yaml')
  // NOTE: JSON is YAML.
  await writeFile(config, JSON.stringify({ domains: [{ name: office.domain }], users: office.file('users.yaml') }))
  const words = ['support-bundle', '--config', config, '--log-input', '--stdout']
  const input = 'stderr F {"event":"device.gone","node":"http://im.example.com/instmsg/aliases/alice","why":"dead"}\n'
  const archive = execFileSync(process.execPath, [main, ...words], { input, stdio: ['pipe', 'pipe', 'ignore'] })
  const log = execFileSync('tar', ['-xzO', '--wildcards', '*/logs/input.log'], { input: archive, encoding: 'utf8' })
  expect(log).toMatch(/^\{"event":"device.gone","node":"[^"]*aliases\/person-\w{10}","why":"dead"\}\n$/)
})
