import {
  type ForwardedNotification,
  type HomeLease,
  type HomeName,
  ManualClock,
  type NodeLocation,
  parseHomeName,
  type StoredNode,
} from '@parley/domain'
import {
  ForbiddenError,
  type LogicalUrl,
  RecipientUnavailableError,
  TooManyRequestsError,
  UnavailableError,
  userUrl,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'
import { type ClusterClient, NodeUnreachableError, NotHeldError } from './cluster-client.ts'
import type { HeldHome } from './cluster-endpoint.ts'
import { ClusterPeers } from './cluster-peers.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'

const home = parseHomeName('hq-1')
const here = parseHomeName('oslo-1')
const bob = userUrl('im.example.com', 'bob')
const carol = userUrl('im.example.com', 'carol')
const zoe = userUrl('im.example.org', 'zoe')
const notification: ForwardedNotification = {
  node: bob,
  sender: { principal: userUrl('im.example.com', 'alice'), scheme: 'digest', displayName: 'Alice' },
  ack: 'DeepOr',
  hops: 3,
  body: '<a>ä</a>',
}
const node = {} as StoredNode

function leaseOf(epoch: number): HomeLease {
  return { home, epoch, holder: { id: `process-${epoch}`, clusterUrl: `http://10.0.0.${epoch}` } }
}

/** Peers of a process that holds oslo-1, beside hq-1, where each attempt ends as `attempts` says, and takes the next lease. */
function open(
  attempts: readonly (unknown | Error)[],
  given: {
    foreign?: boolean
    unheld?: boolean
    alone?: boolean
    leasesAway?: boolean
    waitMs?: number
    movedTo?: HomeName
    mayDeliver?: () => boolean
  } = {},
) {
  const clock = new ManualClock()
  const asked: string[] = []
  const requests: RvpRequest[] = []
  const attempt = async <T>(lease: HomeLease, what: string): Promise<T> => {
    asked.push(`${what} ${lease.epoch}`)
    const result = attempts[asked.length - 1]
    if (result instanceof Error) throw result
    return result as T
  }
  const serve = async (request: RvpRequest): Promise<RvpResponse> => {
    requests.push(request)
    return { status: 200 }
  }
  const local = { adopt: async () => void asked.push('local'), report: async () => ({ epoch: 1 }) }
  const held = { epoch: 1, service: { handle: serve }, peers: local }
  let doubted = false
  let finds = 0
  const locations = new Map<LogicalUrl, HomeName>([
    [bob, home],
    [carol, here],
  ])
  const peers = new ClusterPeers({
    client: {
      forward: (lease: HomeLease, request: RvpRequest) => {
        requests.push(request)
        return attempt(lease, 'NOTIFY')
      },
      call: (lease: HomeLease, call: string) => attempt(lease, call),
      superseded: () => {},
      stream: () => Promise.reject(new Error('nobody streams')),
      [Symbol.asyncDispose]: async () => {},
    } satisfies ClusterClient,
    holders: {
      find: () => {
        finds += 1
        if (given.leasesAway && finds > 1) throw new UnavailableError('the leases are away')
        return given.unheld ? undefined : leaseOf(1)
      },
      forget: () => {},
      next: (_, after, deadline) =>
        given.unheld || (given.alone && !(given.leasesAway && !after)) || (after?.epoch ?? 0) >= 2
          ? new Promise((resolve) => {
              deadline.addEventListener('abort', () => resolve(undefined))
              clock.elapse(given.waitMs ?? 10_000)
            })
          : Promise.resolve(leaseOf(2)),
    },
    locations: {
      doubt: () => {
        doubted = true
      },
      locate: (name) => {
        const at = doubted && name === bob ? (given.movedTo ?? home) : locations.get(name)
        return at && ({ home: at } as NodeLocation)
      },
    },
    addressing: new Addressing([{ domain: 'im.example.com', aliases: [] }]),
    clock,
    ids: { token: () => 'abcdefghijklmnop' },
    local: (name) => (name === here ? (held as unknown as HeldHome) : undefined),
    ...(given.foreign && { foreign: { handle: serve } }),
    ...(given.mayDeliver && { mayDeliver: given.mayDeliver }),
  })
  return { peers, asked, requests }
}

const refusedConnection = () => new NodeUnreachableError('refused', { mayHaveArrived: false })
const broke = () => new NodeUnreachableError('broke', { mayHaveArrived: true })

describe('a call to another home', () => {
  it('is answered by its holder', async () => {
    const { peers, asked } = open([{ epoch: 5 }])
    expect(await peers.report(home, { from: here, epoch: 1, number: 1, reports: [] })).toEqual({ epoch: 5 })
    expect(asked).toEqual(['report 1'])
  })

  it.each([
    ['does not hold it', new NotHeldError()],
    ['is not there', refusedConnection()],
    ['dies over it', broke()],
  ])('goes to the next holder when the first one %s', async (_, err) => {
    const { peers, asked } = open([err, null])
    await peers.adopt(home, node)
    expect(asked).toEqual(['adopt 1', 'adopt 2'])
  })

  it('is made again, less and less often, while the only holder does not serve the home yet', async () => {
    const opening = new NotHeldError()
    const { peers, asked } = open([opening, opening, opening, null], { alone: true, waitMs: 400 })
    await peers.adopt(home, node)
    expect(asked).toEqual(['adopt 1', 'adopt 1', 'adopt 1', 'adopt 1'])
    const impatient = open([opening, opening, opening, opening, opening], { alone: true, waitMs: 2_500 })
    await expect(impatient.peers.adopt(home, node)).rejects.toThrow(UnavailableError)
    expect(impatient.asked).toHaveLength(4)
  })

  it('waits for the next holder while nobody can tell who that is', async () => {
    const { peers, asked } = open([new NotHeldError(), null], { alone: true, leasesAway: true, waitMs: 400 })
    await peers.adopt(home, node)
    expect(asked).toEqual(['adopt 1', 'adopt 2'])
  })

  it('is given up when nobody takes the home in time', async () => {
    const { peers } = open([new NotHeldError(), new NotHeldError()])
    await expect(peers.adopt(home, node)).rejects.toThrow(UnavailableError)
    await expect(open([], { unheld: true }).peers.adopt(home, node)).rejects.toThrow(UnavailableError)
  })

  it('is not made again when it was answered with an error', async () => {
    const { peers, asked } = open([new ForbiddenError('no')])
    await expect(peers.adopt(home, node)).rejects.toThrow(ForbiddenError)
    expect(asked).toEqual(['adopt 1'])
  })

  it('is believed no answer of another form', async () => {
    const { peers } = open([{ epoch: 'x' }, { states: 1 }])
    await expect(peers.report(home, { from: here, epoch: 1, number: 1, reports: [] })).rejects.toThrow(
      'not of the form',
    )
    await expect(peers.changesSince(home, { by: here, epoch: 1, change: 1 })).rejects.toThrow('not of the form')
  })

  it('does not leave the process that holds the home itself', async () => {
    const { peers, asked } = open([])
    await peers.adopt(here, node)
    expect(asked).toEqual(['local'])
  })

  it('leaves a turn to everybody else of the process between one report and the next', async () => {
    const { peers } = open([])
    const turns: string[] = []
    for (const batch of ['first', 'second']) {
      setImmediate(() => turns.push(`a turn before the ${batch}`))
      await peers.report(here, { from: home, epoch: 1, number: 1, reports: [] })
      turns.push(batch)
    }
    expect(turns).toEqual(['a turn before the first', 'first', 'a turn before the second', 'second'])
  })
})

describe('a notification for a node that lives elsewhere', () => {
  it('is a NOTIFY in the name of its sender', async () => {
    const { peers, requests } = open([{ status: 200 }])
    expect(await peers.notify(notification)).toBe('delivered')
    const [request] = requests
    expect(request).toMatchObject({
      method: 'NOTIFY',
      node: bob,
      identity: notification.sender,
      callerHref: notification.sender.principal,
      body: notification.body,
      bytes: Buffer.from(notification.body),
    })
    expect(['RVP-Ack-Type', 'RVP-Hop-Count', 'Content-Type', 'Call-Back'].map((name) => request?.header(name))).toEqual(
      ['DeepOr', '3', 'text/xml', undefined],
    )
    expect(request?.resolve('http://IM.example.com/instmsg/aliases/Bob')).toBe(bob)
  })

  it.each(['devices', 'call-back'] as const)(
    'finds nobody where a member of a group is not there (%s)',
    async (member) => {
      const { peers, requests } = open([{ status: 204 }, { status: 200 }, { status: 204 }])
      expect(await peers.notify({ ...notification, member })).toBe('nobody')
      expect(await peers.notify({ ...notification, member })).toBe('delivered')
      expect(requests.map((request) => request.member)).toEqual([member, member])
      expect(await peers.notify(notification)).toBe('delivered')
    },
  )

  it.each([
    [{ status: 207 }, 'delivered'],
    [{ status: 500 }, 'left'],
    [{ status: 412 }, 'unreachable'],
    [{ status: 404 }, 'unreachable'],
    [{ status: 503 }, 'unreachable'],
    [{ status: 429 }, 'unreachable'],
    [new TooManyRequestsError('too many requests'), 'unreachable'],
    [{ status: 403 }, 'refused'],
    [new NodeUnreachableError('late', { mayHaveArrived: true, timedOut: true }), 'timed-out'],
    [broke(), 'unreachable'],
    [new RecipientUnavailableError(), 'unreachable'],
    [new Error('a bug'), 'unreachable'],
  ])('that ends with %o is %s', async (end, outcome) => {
    const { peers, asked } = open([end, { status: 200 }])
    expect(await peers.notify(notification)).toBe(outcome)
    expect(asked).toEqual(['NOTIFY 1'])
  })

  it.each([new NotHeldError(), refusedConnection()])(
    'goes to the next holder when it never arrived: %o',
    async (err) => {
      const { peers, asked } = open([err, { status: 200 }])
      expect(await peers.notify(notification)).toBe('delivered')
      expect(asked).toEqual(['NOTIFY 1', 'NOTIFY 2'])
    },
  )

  it('goes where the node has moved meanwhile, once', async () => {
    const { peers, asked, requests } = open([new NotHeldError()], { movedTo: here })
    expect(await peers.notify(notification)).toBe('delivered')
    expect(asked).toEqual(['NOTIFY 1'])
    expect(requests).toHaveLength(2)
    const elsewhere = open([new NotHeldError(), new NotHeldError(), { status: 200 }], {
      movedTo: parseHomeName('bonn-1'),
    })
    expect(await elsewhere.peers.notify(notification)).toBe('delivered')
    expect(elsewhere.asked).toEqual(['NOTIFY 1', 'NOTIFY 1', 'NOTIFY 2'])
  })

  it('goes to a home of this very process without leaving it', async () => {
    const { peers, asked, requests } = open([])
    expect(await peers.notify({ ...notification, node: carol })).toBe('delivered')
    expect(requests).toHaveLength(1)
    expect(asked).toEqual([])
  })

  it('goes to another IM domain where there is a way, and nowhere when there is no such node', async () => {
    const { peers, requests } = open([], { foreign: true })
    expect(await peers.notify({ ...notification, node: zoe })).toBe('delivered')
    expect(requests).toMatchObject([{ node: zoe }])
    expect(await open([]).peers.notify({ ...notification, node: zoe })).toBe('unreachable')
    const unknown = userUrl('im.example.com', 'nobody')
    expect(await peers.notify({ ...notification, node: unknown })).toBe('unreachable')
  })

  it('goes nowhere while the home that asks may not deliver', async () => {
    let mayDeliver = false
    const { peers, asked, requests } = open([{ status: 200 }], { foreign: true, mayDeliver: () => mayDeliver })
    for (const name of [bob, carol, zoe]) {
      expect(await peers.notify({ ...notification, node: name })).toBe('unreachable')
    }
    expect([asked, requests]).toEqual([[], []])
    mayDeliver = true
    expect(await peers.notify({ ...notification, node: zoe })).toBe('delivered')
    expect(requests).toMatchObject([{ node: zoe }])
  })
})
