import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../cluster/eventually.ts'
import { Trial } from '../faults/trial.ts'
import { makeVersion } from './next-version.ts'
import { ParleyPods, parleyImage } from './parley-pods.ts'
import { docker } from './pods/docker.ts'

const seed = Number(process.env.PARLEY_FAULT_SEED ?? randomInt(2 ** 31))
const peopleCount = 100
const next = { tag: 'next', version: '99.0.0' }
/** How long it may take until each home is at the process that names it. */
const handBackMs = 30_000

interface Status {
  readonly homes: readonly { readonly home: string; readonly holder?: string }[]
}

describe(`an upgrade of the chart's release under load, PARLEY_FAULT_SEED=${seed}`, () => {
  let parley: ParleyPods
  let trial: Trial

  beforeAll(async () => {
    await makeVersion(parleyImage.name, parleyImage.tag, next)
    const people = Array.from({ length: peopleCount }, (_, index) => `user${index}`)
    parley = await ParleyPods.start(['alice', 'bob', ...people])
    const { url: server, domain } = parley
    const callBackAddress = parley.pods.network.outside
    trial = await Trial.begin({ seed, aliases: people, server, domain, callBackAddress })
  })
  afterAll(async () => {
    await trial?.[Symbol.asyncDispose]()
    await parley?.[Symbol.asyncDispose]()
    await docker('rmi', '--force', `${parleyImage.name}:${next.tag}`)
  })

  /** Nobody may notice: what was acknowledged is kept, what failed is told so and has not happened, nobody is seen offline. */
  async function rolls(tag: string, action: 'upgrade' | 'rollback'): Promise<void> {
    try {
      await trial.survive(() => parley.apply(tag, action), { unnoticed: true })
      await eventually(
        'each home is at its own process again',
        handBackMs,
        async () => await isAtHome(),
        () => holders,
      )
    } catch (error) {
      throw new Error(`PARLEY_FAULT_SEED=${seed}; the ends of the logs:\n${await parley.pods.report()}`, {
        cause: error,
      })
    }
    expect(parley.pods.pods.flatMap(({ complaints }) => complaints)).toEqual([])
  }

  let holders = ''
  async function isAtHome(): Promise<boolean> {
    const own = parley.pods.podsOf('parley-hq-home')
    const command = JSON.parse(await docker('inspect', '--format={{json .Config.Entrypoint}}', parleyImage.reference))
    const words = [...(command as string[]), 'status', '--config', '/etc/parley/cluster.yaml', '--json']
    const { homes } = JSON.parse(await docker('exec', own[0]?.container ?? '', ...words)) as Status
    holders = JSON.stringify(homes)
    return homes.every(({ home, holder }) => {
      const pod = own[Number(home.split('-')[1])]
      const { hostname } = new URL(holder ?? 'http://nobody')
      return hostname === pod?.address || hostname.startsWith(`${pod?.name}.`)
    })
  }

  /** What routers and homes say that they are. */
  async function versions(): Promise<Set<string | undefined>> {
    const pods = ['router', 'home'].flatMap((role) => parley.pods.podsOf(`parley-hq-${role}`))
    const told = pods.map(async ({ address }) => await (await fetch(`http://${address}:9464/metrics`)).text())
    return new Set((await Promise.all(told)).map((text) => /^parley_build_info\{.*version="([^"]+)"/m.exec(text)?.[1]))
  }

  it('goes on to the next version, and nobody notices (promises 1 to 3)', async () => {
    await rolls(next.tag, 'upgrade')
    expect(await versions()).toEqual(new Set([next.version]))
  })

  it('goes back, and nobody notices (promises 1 to 3)', async () => {
    await rolls(parleyImage.tag, 'rollback')
    const [version, ...others] = await versions()
    expect(others).toEqual([])
    expect(version).not.toBe(next.version)
  })
})
