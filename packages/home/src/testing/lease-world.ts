import type { Epoch } from '@parley/domain'
import { type LeaseState, leaseRenewed, leaseTaken, mayServe } from '../lease-state.ts'

/** A change that a client asked for. */
export type WriteId = number

/** What a holder asks of the leases, or of the store, until it hears of the answer. */
export interface Call {
  readonly kind: 'take' | 'renew' | 'release' | 'load' | 'write'
  readonly epoch: Epoch
  /** Ticks from now, so never above 0. */
  readonly sentAt: number
  /** What a write makes of the home, or what a load has read: every change that it contains. */
  readonly value: readonly WriteId[]
  /** The change that a write adds. */
  readonly adds?: WriteId | undefined
  /** `unanswered`: the connection broke, before or after it was carried out. Absent: not carried out yet. */
  readonly answer?: 'done' | 'refused' | 'unanswered'
}

/** One of the processes that compete for the home. */
export interface Process {
  readonly phase: 'idle' | 'loading' | 'holding' | 'leaving'
  readonly paused: boolean
  /** What it knows about its lease, by the keeper's own rule; its time is in ticks from now. */
  readonly lease: LeaseState
  /** Whether it serves by a renewal that nobody answered. */
  readonly cutOff: boolean
  readonly memory: readonly WriteId[]
  readonly leaseCall?: Call | undefined
  readonly storeCall?: Call | undefined
  /** It was asked for the home, in this epoch, by the process that names it, and hands it over once a renewal is answered. */
  readonly asked?: Epoch | undefined
}

/** Everything there is: the leases and the store of one home, and two processes. Time is in ticks, and now is always 0. */
export interface World {
  /** Of the last take. */
  readonly epoch: Epoch
  readonly lease?: { readonly holder: number; readonly left: number } | undefined
  /** Whether leases and store can be reached; they are one server. */
  readonly up: boolean
  readonly stored: readonly WriteId[]
  /** The epoch that wrote last. */
  readonly writtenAt: Epoch
  readonly acknowledged: readonly WriteId[]
  readonly processes: readonly Process[]
  /** Which processes name the home; nobody asks for it when absent. */
  readonly named?: readonly boolean[] | undefined
  /** The request for the home that is under way from one process to the other: who is asked, and the take that was seen. */
  readonly request?: { readonly to: number; readonly epoch: Epoch } | undefined
}

/** The rules that are explored; a broken one proves that the explorer notices. */
export interface Rules {
  readonly leaseTaken: typeof leaseTaken
  readonly leaseRenewed: typeof leaseRenewed
  readonly mayServe: typeof mayServe
  /** Whether the store refuses an old holder from a take on, rather than from the first write after it. */
  readonly fenced: boolean
  /** Whether a process that serves in `held` hands over a home that it is asked for as of `asked`. */
  readonly handsBack: (asked: Epoch, held: Epoch, namesIt: boolean) => boolean
}

/** As HomeKeeper and the stores do it. */
export const keeperRules: Rules = {
  leaseTaken,
  leaseRenewed,
  mayServe,
  fenced: true,
  handsBack: (asked, held, namesIt) => asked === held && !namesIt,
}

/** How long a lease lasts: with two ticks, half of one can pass between any two steps. */
export const lifetimeTicks = 2

const nobodysLease: LeaseState = { epoch: 0, serveUntil: 0, lost: false }
/** A process that holds nothing. */
export const idleProcess: Process = {
  phase: 'idle',
  paused: false,
  lease: nobodysLease,
  cutOff: false,
  memory: [],
  asked: undefined,
}

/** Nobody ever held the home. */
export const firstWorld: World = {
  epoch: 0,
  up: true,
  stored: [],
  writtenAt: 0,
  acknowledged: [],
  processes: [idleProcess, idleProcess],
}

/** Whether a process serves requests now, by its own rule. */
export function isServing(process: Process, rules: Rules): boolean {
  return process.phase === 'holding' && !process.paused && rules.mayServe(process.lease, 0)
}

/** Puts something else in the place of one process. */
export function withProcess(world: World, index: number, change: Partial<Process>): World {
  return { ...world, processes: world.processes.map((each, at) => (at === index ? { ...each, ...change } : each)) }
}

/**
 * The world with everything left out that makes no difference to what can follow: how many takes ago a stale epoch was, for
 * how long something has been over, which number a change has. So the worlds that can be reached are a finite number.
 */
export function normal(world: World): World {
  const shift = Math.max(0, world.epoch - 2)
  const epochOf = (epoch: Epoch): Epoch => (epoch === 0 ? 0 : Math.max(1, epoch - shift))
  const names = changeNames(world)
  const changes = (ids: readonly WriteId[]): WriteId[] => [
    ...new Set(ids.flatMap((id) => names.get(id) ?? []).toSorted((a, b) => a - b)),
  ]
  const { request } = world
  const processes = world.processes.map((process): Process => {
    const { phase, paused, lease, cutOff, memory, leaseCall, storeCall, asked } = process
    const serveUntil = Math.max(0, lease.serveUntil)
    return {
      phase,
      paused,
      lease: { epoch: epochOf(lease.epoch), serveUntil, lost: lease.lost },
      cutOff: cutOff && serveUntil > 0,
      memory: phase === 'holding' ? changes(memory) : [],
      asked: asked && epochOf(asked),
      leaseCall: leaseCall && { ...leaseCall, epoch: epochOf(leaseCall.epoch), sentAt: timeOf(leaseCall) },
      storeCall: storeCall && {
        ...storeCall,
        epoch: epochOf(storeCall.epoch),
        sentAt: 0,
        value: matters(storeCall) ? changes(storeCall.value) : [],
        adds: storeCall.adds === undefined || failed(storeCall) ? undefined : names.get(storeCall.adds),
      },
    }
  })
  const { epoch, lease, up, stored, writtenAt, acknowledged, named } = world
  return {
    epoch: epochOf(epoch),
    lease,
    up,
    stored: changes(stored),
    writtenAt: epochOf(writtenAt),
    acknowledged: changes(acknowledged),
    processes,
    named,
    request: request && { ...request, epoch: epochOf(request.epoch) },
  }
}

function timeOf({ kind, sentAt }: Call): number {
  return kind === 'release' ? 0 : Math.max(-lifetimeTicks, sentAt)
}

function failed({ answer }: Call): boolean {
  return answer === 'refused' || answer === 'unanswered'
}

/** Whether what a call carries is still to be used: a write's by the store, a load's by its process. */
function matters(call: Call): boolean {
  return call.kind === 'load' ? call.answer === 'done' : !call.answer
}

/** New numbers for the changes that matter; two that are in the same places everywhere count as one. */
function changeNames({ stored, acknowledged, processes }: World): ReadonlyMap<WriteId, WriteId> {
  const places = [
    acknowledged,
    stored,
    ...processes.flatMap(({ phase, memory, storeCall }) => [
      phase === 'holding' ? memory : [],
      storeCall && matters(storeCall) ? storeCall.value : [],
      [storeCall?.adds ?? -1],
    ]),
  ]
  // Nobody will ever acknowledge a change that failed.
  const underWay = processes.flatMap(({ storeCall }) => (storeCall && !failed(storeCall) ? (storeCall.adds ?? []) : []))
  const alive = new Set([...acknowledged, ...underWay])
  const whereabouts = new Map(
    [...alive].map((id) => [id, places.map((place) => (place.includes(id) ? 1 : 0)).join('')]),
  )
  const inOrder = [...new Set(whereabouts.values())].sort()
  return new Map([...whereabouts].map(([id, where]) => [id, inOrder.indexOf(where)]))
}
