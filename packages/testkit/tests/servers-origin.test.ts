import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { startRedis } from '../src/index.ts'
import { askRedis } from '../src/servers/ask-redis.ts'
import { until } from '../src/servers/until.ts'

const redisModule = new URL('../src/servers/redis.ts', import.meta.url).href

describe('where the servers of a test come from', () => {
  it('is what PARLEY_TEST_DOCKER asks for', async () => {
    await using redis = await startRedis()
    const origins = { off: ['program'], required: ['docker'], auto: ['docker', 'program'] }
    expect(origins[(process.env.PARLEY_TEST_DOCKER ?? 'auto') as keyof typeof origins]).toContain(redis.from)
  })

  it('is a program where an image is missing, unless containers are required', async () => {
    await using program = await redisOf({ PARLEY_TEST_DOCKER: 'auto', PARLEY_TEST_REDIS_IMAGE: 'parley-test-none' })
    expect(await program.line()).toMatch(/^redis: program redis-server \d/)
    await using none = await redisOf({ PARLEY_TEST_DOCKER: 'required', PARLEY_TEST_REDIS_IMAGE: 'parley-test-none' })
    expect(await none.line()).toMatch(/^PARLEY_TEST_DOCKER=required, but /)
  })
})

describe('a server of a test whose process is killed', () => {
  it('ends with it', async () => {
    await using owner = await redisOf({})
    await owner.line()
    const port = Number(await owner.line())
    expect(await askRedis(port, ['PING'])).toBe('+PONG\r\n')
    owner.child.kill('SIGKILL')
    const refused = () =>
      askRedis(port, ['PING']).then(
        () => false,
        (error: Error) => error.message.includes('ECONNREFUSED'),
      )
    await until(`nobody listens on port ${port}`, refused)
    expect(await refused()).toBe(true)
  })
})

/** A process that starts a Redis server, says what it used and on which port, and waits; or says why it cannot. */
async function redisOf(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; line(): Promise<string> } & AsyncDisposable> {
  const script = `
    const { startRedis } = await import(process.argv[1])
    const redis = await startRedis().catch((error) => console.info(error.message))
    if (redis) console.info(String(redis.port))
    process.stdin.resume()`
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-owner-'))
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, redisModule], {
    // A process that is killed leaves its temporary files behind.
    env: { ...process.env, TMPDIR: folder, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    line: async () => (await lines.next()).value ?? '',
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await closed
      await rm(folder, { recursive: true })
    },
  }
}
