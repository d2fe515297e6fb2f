import { describe, expect, it } from 'vitest'
import { AdminListener } from '../src/admin-listener.ts'

const metrics = { text: async () => 'up 1\n', contentType: 'text/plain' }

async function answers(url: string): Promise<Record<string, string>> {
  const said = ['healthz', 'readyz', 'servingz'].map(async (path) => {
    const response = await fetch(`${url}/${path}`)
    return [path, `${response.status} ${(await response.text()).trim()}`] as const
  })
  return Object.fromEntries(await Promise.all(said))
}

describe('/healthz, /readyz and /servingz', () => {
  it('tell whether the process answers, and whether requests are taken', async () => {
    await using admin = new AdminListener(metrics)
    const url = await admin.open('127.0.0.1', 0)
    expect(await answers(url)).toEqual({ healthz: '200 ok', readyz: '503 not ready', servingz: '503 not serving' })
    admin.ready = true
    expect(await answers(url)).toEqual({ healthz: '200 ok', readyz: '200 ready', servingz: '200 serving' })
    admin.ready = false
    expect(await answers(url)).toEqual({ healthz: '200 ok', readyz: '503 not ready', servingz: '503 not serving' })
  })

  it('tell apart a process that is about to stop, and goes on serving, from one that does not serve', async () => {
    await using admin = new AdminListener(metrics)
    const url = await admin.open('127.0.0.1', 0)
    admin.ready = true
    admin.leave()
    expect([admin.ready, await answers(url)]).toEqual([
      false,
      { healthz: '200 ok', readyz: '503 not ready', servingz: '200 serving' },
    ])
    admin.ready = false
    expect(await answers(url)).toMatchObject({ readyz: '503 not ready', servingz: '503 not serving' })
  })

  it('say what a process lacks that has started, and that it is stuck', async () => {
    const problems: { missing: string | undefined; stuck?: string } = { missing: 'hq-1 is not open yet' }
    await using admin = new AdminListener(metrics, { missing: () => problems.missing, stuck: () => problems.stuck })
    const url = await admin.open('127.0.0.1', 0)
    admin.ready = true
    expect([admin.ready, await answers(url)]).toEqual([
      false,
      { healthz: '200 ok', readyz: '503 hq-1 is not open yet', servingz: '503 hq-1 is not open yet' },
    ])
    problems.missing = undefined
    problems.stuck = 'hq-1 does not end'
    expect([admin.ready, await answers(url)]).toEqual([
      true,
      { healthz: '503 hq-1 does not end', readyz: '200 ready', servingz: '200 serving' },
    ])
  })
})
