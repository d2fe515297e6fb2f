import { errors, type NatsConnection, nkeys } from '@nats-io/transport-node'
import { startNats } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { NatsConfigError, natsAuthorization } from '../src/index.ts'
import {
  alice,
  aliceSubject,
  BusUnderTest,
  beat,
  change,
  monitored,
  oslo,
  rawClient,
  settled,
} from './bus-under-test.ts'
import { Relay } from './relay.ts'

const password = 'p"4$s\\w0rd'
const userOf = { home: 'the-home', router: 'the-router', monitor: 'the-monitor' } as const
const authorization = natsAuthorization(
  (['home', 'router', 'monitor'] as const).map((role) => ({ role, user: userOf[role], password })),
  { prefix: 'parley' },
)
const as = (role: keyof typeof userOf) => ({ user: userOf[role], password })
const rawAs = (role: keyof typeof userOf) => ({ user: userOf[role], pass: password })

/** The first thing that a server forbids a connection. */
async function forbidden(client: NatsConnection): Promise<string | undefined> {
  for await (const status of client.status()) {
    if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) {
      return `${status.error.operation} ${status.error.subject}`
    }
  }
  return undefined
}

describe('users of NATS', () => {
  it('may do what their role needs: homes publish and watch, monitors only listen', async () => {
    await using server = await startNats({ config: authorization })
    await using publisher = await BusUnderTest.open(server.url, as('home'))
    await using watcher = await BusUnderTest.open(server.url, as('home'))
    await using monitor = await rawClient(server.url, rawAs('monitor'))
    const heard: unknown[] = []
    watcher.bus.watch(alice, (each) => heard.push(each))
    watcher.bus.onBeat(oslo, (each) => heard.push(each))
    const seen: string[] = []
    monitor.subscribe('parley.status.>', { callback: (_, { subject }) => void seen.push(subject) })
    await monitor.flush()
    await watcher.bus.flush()
    publisher.bus.publish(change(1))
    publisher.bus.beat(oslo, beat(1))
    await settled(publisher.bus, watcher.bus)
    await monitor.flush()
    expect(heard).toEqual([change(1), beat(1)])
    expect(seen).toEqual([aliceSubject])
    expect(publisher.events.count('problem')).toBe(0)
  })

  it.each([
    ['router', aliceSubject],
    ['router', 'parley.beat.oslo-1'],
    ['router', '$JS.API.INFO'],
    ['monitor', aliceSubject],
    ['home', '$JS.API.STREAM.CREATE.all'],
    ['home', 'another.subject'],
  ] as const)('do not let a %s publish to %s', async (role, subject) => {
    await using server = await startNats({ config: authorization })
    await using watcher = await BusUnderTest.open(server.url, as('home'))
    const heard: unknown[] = []
    watcher.bus.watch(alice, (each) => heard.push(each))
    watcher.bus.onBeat(oslo, (each) => heard.push(each))
    await watcher.bus.flush()
    await using client = await rawClient(server.url, rawAs(role))
    const complaint = forbidden(client)
    client.publish(subject, '[1,1,"busy"]')
    expect(await complaint).toBe(`publish ${subject}`)
    await watcher.bus.flush()
    expect(heard).toEqual([])
    expect(watcher.events.count('malformed')).toBe(0)
  })

  it.each([
    ['router', aliceSubject],
    ['home', '$JS.>'],
    ['home', '>'],
    ['monitor', '>'],
  ] as const)('do not let a %s listen to %s', async (role, subject) => {
    await using server = await startNats({ config: authorization })
    await using client = await rawClient(server.url, rawAs(role))
    const complaint = forbidden(client)
    client.subscribe(subject, { callback: () => {} })
    expect(await complaint).toBe(`subscription ${subject}`)
  })

  it('are told apart by one problem that says what to change, when a home is given the wrong one', async () => {
    await using server = await startNats({ config: authorization })
    await using relay = await Relay.open(server.port)
    await using home = await BusUnderTest.open(relay.url, as('router'))
    for (const sequence of [1, 2]) home.bus.publish(change(sequence))
    expect(await home.events.next('problem')).toMatch(/forbids what a home does: give its NATS user .* role "home"/)
    home.bus.watch(alice, () => {})
    expect(await home.events.next('disconnected')).toMatch(/Permissions Violation for Subscription/)
    home.bus.publish(change(3))
    await relay.reached(relay.connections + 6)
    expect([home.losses, home.events.count('problem'), home.events.count('connected')]).toEqual([0, 1, 1])
  })
})

describe('credentials', () => {
  it('that are wrong are one problem without the secret, and heal when the server takes them', async () => {
    await using refusing = await startNats({
      config: natsAuthorization([{ role: 'home', user: userOf.home, password: 'another' }], { prefix: 'parley' }),
    })
    await using accepting = await startNats({ config: authorization })
    await using relay = await Relay.open(refusing.port)
    await using home = await BusUnderTest.open(relay.url, as('home'))
    expect(await home.events.next('problem')).toMatch(/refuses us \(Authorization Violation\): check user and password/)
    await relay.reached(6)
    expect(home.events.lines).toHaveLength(1)
    relay.to = accepting.port
    await home.events.next('connected')
    expect(home.losses).toBe(1)
    expect(home.events.lines.join()).not.toContain(password)
  })

  it('that are missing are named', async () => {
    await using server = await startNats({ config: authorization })
    await using home = await BusUnderTest.open(server.url)
    expect(await home.events.next('problem')).toMatch(/check the credentials, of which none are given/)
  })

  it('may be a token or an nkey', async () => {
    await using byToken = await startNats({ config: 'authorization { token: "a token" }' })
    await using home = await BusUnderTest.open(byToken.url, { token: 'a token' })
    expect(home.bus.server).toBe(`127.0.0.1:${byToken.port}`)

    const user = nkeys.createUser()
    const config = natsAuthorization([{ role: 'home', nkey: user.getPublicKey() }], { prefix: 'parley' })
    await using byNkey = await startNats({ config })
    await using other = await BusUnderTest.open(byNkey.url, { nkey: `${new TextDecoder().decode(user.getSeed())}\n` })
    expect(other.bus.server).toBe(`127.0.0.1:${byNkey.port}`)
  })

  it('that cannot be read end the start', async () => {
    await expect(BusUnderTest.open('nats://127.0.0.1:4222', { nkey: 'no seed' })).rejects.toThrow(NatsConfigError)
  })
})

describe('JetStream', () => {
  it('is never asked for anything, and keeps nothing of the bus', async () => {
    await using server = await startNats({ config: `jetstream { store_dir: "jetstream" }\n${authorization}` })
    await using publisher = await BusUnderTest.open(server.url, as('home'))
    await using watcher = await BusUnderTest.open(server.url, as('home'))
    const heard: unknown[] = []
    watcher.bus.watch(alice, (each) => heard.push(each))
    await watcher.bus.flush()
    for (const sequence of [1, 2, 3]) publisher.bus.publish(change(sequence))
    publisher.bus.beat(oslo, beat(3))
    await settled(publisher.bus, watcher.bus)
    expect(heard).toHaveLength(3)
    await using stranger = await rawClient(server.url, rawAs('home'))
    const complaint = forbidden(stranger)
    stranger.publish('$JS.API.STREAM.CREATE.all', JSON.stringify({ name: 'all', subjects: ['parley.>'] }))
    await complaint
    const page = await monitored<{ streams: number; messages: number; api: { total: number } }>(
      `${server.monitorUrl}/jsz`,
      () => true,
    )
    expect(page).toMatchObject({ streams: 0, messages: 0, api: { total: 0 } })
  })
})
