import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { passwordOf } from '../cluster/users-file.ts'
import { ParleyUser } from '../parley-user.ts'
import { ParleyPods } from './parley-pods.ts'
import { docker } from './pods/docker.ts'
import type { Pod } from './pods/pod.ts'
import { reachableFromOutside, reachableFromPod } from './reach.ts'

/** The ports that anybody of the cluster connects to, by component. */
const ports = { router: [8080, 9464], home: [8180, 9464], sync: [9464], redis: [6379], nats: [4222] } as const

describe('the chart in containers', () => {
  let parley: ParleyPods

  beforeAll(async () => {
    parley = await ParleyPods.start(['alice', 'bob'])
  })
  afterAll(async () => {
    await parley?.[Symbol.asyncDispose]()
  })

  const signOn = async (name: string): Promise<ParleyUser> => {
    const server = { port: Number(new URL(parley.url).port) }
    return await ParleyUser.signOn(server, parley.domain, { name, password: passwordOf(name) })
  }
  const componentOf = (pod: Pod): string => pod.template.metadata.labels['app.kubernetes.io/component'] ?? ''
  const ofComponent = (name: string): readonly Pod[] => parley.pods.pods.filter((pod) => componentOf(pod) === name)

  it('has three routers and three homes, none of which had to be started twice', async () => {
    expect(ofComponent('router')).toHaveLength(3)
    expect(ofComponent('home')).toHaveLength(3)
    const restarts = await Promise.all([...ofComponent('router'), ...ofComponent('home')].map((pod) => pod.restarts()))
    expect(restarts).toEqual([0, 0, 0, 0, 0, 0])
    expect(parley.pods.pods.flatMap(({ complaints }) => complaints)).toEqual([])
  })

  it('lets two users sign in from outside, see each other, and exchange messages', async () => {
    await using alice = await signOn('alice')
    await using bob = await signOn('bob')
    expect(await alice.addContact('bob')).toBe('online')
    await bob.setState('busy')
    await alice.seesBecome('bob', 'busy')
    expect(await alice.send('bob', 'hello Bob')).toBe('delivered')
    expect(await bob.nextMessage()).toMatchObject({ text: 'hello Bob' })
    expect(await bob.send('alice', 'hello Alice')).toBe('delivered')
    expect(await alice.nextMessage()).toMatchObject({ text: 'hello Alice' })
    // The chart's own test signs them in again, and waits for changes of their states, which views that are left could hide.
    await alice.signOff()
    await bob.signOff()
  })

  it('passes its own test, which signs two users in from a pod', async () => {
    const tests = await parley.pods.runHooks('test')
    expect(tests.map(({ name, code, log }) => ({ name, code, ...(code !== 0 && { log }) }))).toEqual([
      { name: 'parley-self-test', code: 0 },
    ])
  })

  it('gives its processes no rights: not root, no capability, no way to get any, a filter of system calls', async () => {
    for (const pod of parley.pods.pods) {
      const pid = await docker('inspect', '--format={{.State.Pid}}', pod.container)
      const status = new Map(
        readFileSync(`/proc/${pid}/status`, 'utf8')
          .split('\n')
          .map((line) => [line.split(':')[0] ?? '', line.split(/:\s*/)[1] ?? '']),
      )
      const found = Object.fromEntries(
        ['Uid', 'Gid', 'CapPrm', 'CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp'].map((name) => [name, status.get(name)]),
      )
      const nobody = '10001\t10001\t10001\t10001'
      const nothing = '0000000000000000'
      const expected = { CapPrm: nothing, CapEff: nothing, CapBnd: nothing, NoNewPrivs: '1', Seccomp: '2' }
      expect(found, pod.name).toEqual({ Uid: nobody, Gid: nobody, ...expected })
    }
  })

  it('lets them write to /tmp, and to nothing else', async () => {
    const write = (file: string): string =>
      `try { fs.writeFileSync('${file}', ''); console.log('written') } catch ({ code }) { console.log(code) }`
    const files = ['/opt/parley/x', '/etc/parley/x', '/run/secrets/parley/redis/password', '/usr/bin/node', '/tmp/x']
    for (const component of ['router', 'home', 'sync']) {
      const [pod] = ofComponent(component)
      const told = await docker('exec', pod?.container ?? '', '/usr/bin/node', '--eval', files.map(write).join(';'))
      expect(told.split('\n'), component).toEqual(['EROFS', 'EROFS', 'EROFS', 'EROFS', 'written'])
    }
  })

  it('lets through the connections that its parts need, and no others', async () => {
    const targets = parley.pods.pods.flatMap((pod) => {
      const component = componentOf(pod) as keyof typeof ports
      return ports[component].map((port) => ({ place: `${pod.address}:${port}`, name: `${component} ${port}` }))
    })
    // Outside of the cluster, where clients are called back; and the node itself.
    await using called = createServer((socket) => socket.destroy())
    called.listen(0, '0.0.0.0')
    await once(called, 'listening')
    const { port } = called.address() as { port: number }
    const { outside, node } = parley.pods.network
    targets.push({ place: `${outside}:${port}`, name: 'client' }, { place: `${node}:${port}`, name: 'node' })
    const namesOf = (reached: ReadonlySet<string>): string[] =>
      [...new Set(targets.filter(({ place }) => reached.has(place)).map(({ name }) => name))].sort()
    const places = targets.map(({ place }) => place)
    const found: Record<string, readonly string[]> = {}
    for (const component of Object.keys(ports)) {
      const pod = ofComponent(component)[0] as Pod
      const others = places.filter((place) => !place.startsWith(`${pod.address}:`))
      found[component] = namesOf(await reachableFromPod(pod, others))
    }
    found.outside = namesOf(await reachableFromOutside(outside, places))
    expect(found).toEqual({
      router: ['home 8180', 'redis 6379'],
      home: ['client', 'home 8180', 'nats 4222', 'redis 6379'],
      sync: ['home 8180', 'home 9464', 'nats 4222', 'redis 6379', 'router 9464'],
      redis: [],
      nats: [],
      outside: ['client', 'node', 'router 8080'],
    })
  })
})
