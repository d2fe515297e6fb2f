import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startRedis, testPort } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HomeLeasesRedis, RedisSetupError } from '../src/index.ts'
import { connect } from './open-redis.ts'

const directory = mkdtempSync(join(tmpdir(), 'parley-redis-tls-'))
const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')]
const subject = ['-subj', '/CN=redis.example.com', '-addext', 'subjectAltName=IP:127.0.0.1']
const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
const [cert, key] = [readFileSync(certFile, 'utf8'), readFileSync(keyFile, 'utf8')]

describe('Redis over TLS', () => {
  let server: RunningServer
  let url: string
  beforeAll(async () => {
    const port = await testPort()
    const files = { 'cert.pem': cert, 'key.pem': key }
    const config = {
      'tls-port': `${port}`,
      'tls-cert-file': 'cert.pem',
      'tls-key-file': 'key.pem',
      'tls-ca-cert-file': 'cert.pem',
    }
    server = await startRedis({ config, files })
    url = `rediss://127.0.0.1:${port}`
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true })
  })

  it('is used with a certificate of ours, and one of its that we trust', async () => {
    const connection = await connect({ url }, { secrets: { tls: { ca: cert, cert, key } } })
    expect(await new HomeLeasesRedis(connection).homes()).toEqual([])
  })

  it('is not used when its certificate is not trusted, and the error says so', async () => {
    await expect(connect({ url }, { secrets: { tls: { cert, key } } })).rejects.toThrow(RedisSetupError)
    await expect(connect({ url })).rejects.toThrow(/certificate of Redis is not trusted.*`redis.tls.ca`/)
  })
})
